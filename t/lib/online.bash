# shellcheck shell=bash
# shellcheck disable=SC2154 # kind is the caller's
# What gh-ost 1.1 and pt-online-schema-change 3.6 send to a server, statement by statement, for a table t of the
# database shop with the columns id, v and n. `ghost NEW` and so on: the ALTER TABLE without its first words.

# say STATEMENTS: to the source, with their comments.
say() {
	client "$kind" --comments shop <<<"$1"
}

# The log and the new table; what it becomes is another one if it was there before.
ghost_begin() {
	say "DROP /* gh-ost */ TABLE IF EXISTS \`shop\`.\`_t_gho\`;
		DROP /* gh-ost */ TABLE IF EXISTS \`shop\`.\`_t_del\`;
		DROP /* gh-ost */ TABLE IF EXISTS \`shop\`.\`_t_ghc\`;
		create /* gh-ost */ table \`shop\`.\`_t_ghc\` (
			id bigint unsigned auto_increment,
			last_update timestamp not null DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			hint varchar(64) charset ascii not null,
			value varchar(4096) charset ascii not null,
			primary key(id),
			unique key hint_uidx(hint)
		) auto_increment=256;
		create /* gh-ost */ table \`shop\`.\`_t_gho\` like \`shop\`.\`t\`;
		alter /* gh-ost */ table \`shop\`.\`_t_gho\` $1;
		alter /* gh-ost */ table \`shop\`.\`_t_gho\` AUTO_INCREMENT=500;
		insert /* gh-ost */ into \`shop\`.\`_t_ghc\` (id, hint, value) values (NULLIF(2, 0), 'state', 'GhostTableMigrated')
			on duplicate key update last_update=NOW(), value=VALUES(value)"
}

# ghost_copy FROM TO: rows of the table, and the heartbeat.
ghost_copy() {
	say "insert /* gh-ost \`shop\`.\`t\` */ ignore into \`shop\`.\`_t_gho\` (\`id\`, \`v\`, \`n\`)
			(select \`id\`, \`v\`, \`n\` from \`shop\`.\`t\` force index (\`PRIMARY\`)
			where (((\`id\` > $1))) and (((\`id\` < $2) or ((\`id\` = $2)))) lock in share mode);
		insert /* gh-ost */ into \`shop\`.\`_t_ghc\` (id, hint, value) values (NULLIF(1, 0), 'heartbeat', '2026-01-31T10:31:00')
			on duplicate key update last_update=NOW(), value=VALUES(value)"
}

# The application changes rows while they are copied; gh-ost makes the same of the new table.
ghost_changes() {
	say "INSERT INTO t VALUES ($1, 'new', 1); UPDATE t SET n = n + 100 WHERE id = 2; DELETE FROM t WHERE id = 3"
	say "replace /* gh-ost \`shop\`.\`_t_gho\` */ into \`shop\`.\`_t_gho\` (\`id\`, \`v\`, \`n\`) values ($1, 'new', 1);
		update /* gh-ost \`shop\`.\`_t_gho\` */ \`shop\`.\`_t_gho\` set \`n\`=n + 100 where ((\`id\` = 2));
		delete /* gh-ost \`shop\`.\`_t_gho\` */ from \`shop\`.\`_t_gho\` where ((\`id\` = 3))"
}

ghost_cut_over() {
	say "drop /* gh-ost */ table if exists \`shop\`.\`_t_del\`;
		create /* gh-ost */ table \`shop\`.\`_t_del\` (id int auto_increment primary key) engine=InnoDB comment='ghost-cut-over-sentry';
		lock /* gh-ost */ tables \`shop\`.\`t\` write, \`shop\`.\`_t_del\` write;
		drop /* gh-ost */ table if exists \`shop\`.\`_t_del\`;
		unlock tables;
		rename /* gh-ost */ table \`shop\`.\`t\` to \`shop\`.\`_t_del\`, \`shop\`.\`_t_gho\` to \`shop\`.\`t\`"
}

ghost_end() {
	say "drop /* gh-ost */ table if exists \`shop\`.\`_t_ghc\`; drop /* gh-ost */ table if exists \`shop\`.\`_t_del\`"
}

osc_begin() {
	local create

	create=$(sql "$kind" 'SHOW CREATE TABLE t' shop | cut -f2-)
	say "${create/\`t\`/\`shop\`.\`_t_new\`}; ALTER TABLE \`shop\`.\`_t_new\` $1"
}

osc_triggers() {
	say "CREATE TRIGGER \`pt_osc_shop_t_del\` AFTER DELETE ON \`shop\`.\`t\` FOR EACH ROW
			DELETE IGNORE FROM \`shop\`.\`_t_new\` WHERE \`shop\`.\`_t_new\`.\`id\` <=> OLD.\`id\`;
		CREATE TRIGGER \`pt_osc_shop_t_upd\` AFTER UPDATE ON \`shop\`.\`t\` FOR EACH ROW
			REPLACE INTO \`shop\`.\`_t_new\` (\`id\`, \`v\`, \`n\`) VALUES (NEW.\`id\`, NEW.\`v\`, NEW.\`n\`);
		CREATE TRIGGER \`pt_osc_shop_t_ins\` AFTER INSERT ON \`shop\`.\`t\` FOR EACH ROW
			REPLACE INTO \`shop\`.\`_t_new\` (\`id\`, \`v\`, \`n\`) VALUES (NEW.\`id\`, NEW.\`v\`, NEW.\`n\`)"
}

osc_copy() {
	say "INSERT LOW_PRIORITY IGNORE INTO \`shop\`.\`_t_new\` (\`id\`, \`v\`, \`n\`)
		SELECT \`id\`, \`v\`, \`n\` FROM \`shop\`.\`t\` FORCE INDEX(\`PRIMARY\`) WHERE ((\`id\` >= '$1')) AND ((\`id\` <= '$2'))
		LOCK IN SHARE MODE /*pt-online-schema-change 4711 copy nibble*/"
}

osc_changes() {
	say "INSERT INTO t VALUES ($1, 'new', 1); UPDATE t SET n = n + 100 WHERE id = 2; DELETE FROM t WHERE id = 3"
}

osc_cut_over() {
	say "ANALYZE TABLE \`shop\`.\`_t_new\` /* pt-online-schema-change */;
		RENAME TABLE \`shop\`.\`t\` TO \`shop\`.\`_t_old\`, \`shop\`.\`_t_new\` TO \`shop\`.\`t\`" >/dev/null
}

osc_end() {
	say "DROP TABLE IF EXISTS \`shop\`.\`_t_old\`; DROP TRIGGER IF EXISTS \`shop\`.\`pt_osc_shop_t_del\`;
		DROP TRIGGER IF EXISTS \`shop\`.\`pt_osc_shop_t_upd\`; DROP TRIGGER IF EXISTS \`shop\`.\`pt_osc_shop_t_ins\`"
}
