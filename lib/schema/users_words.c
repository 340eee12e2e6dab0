/*
 * What privileges and the ways to know an account are called at each family. Tried on MariaDB 10.11 and 11.8 and on
 * MySQL 9.7, with SHOW PRIVILEGES and SHOW GRANTS.
 */
#include "schema/users_parts.h"

/* On both. */
static const char *const same[] = {
	"ALL PRIVILEGES", "ALTER", "ALTER ROUTINE", "CREATE", "CREATE ROUTINE", "CREATE TABLESPACE", "CREATE TEMPORARY TABLES",
	"CREATE USER", "CREATE VIEW", "DELETE", "DROP", "EVENT", "EXECUTE", "FILE", "INDEX", "INSERT", "LOCK TABLES", "PROCESS",
	"PROXY", "REFERENCES", "RELOAD", "REPLICATION SLAVE", "SELECT", "SHOW DATABASES", "SHOW VIEW", "SHUTDOWN", "SUPER", "TRIGGER",
	"UPDATE", "USAGE",
};

/* What is not here, and not above, the other family has not: or it is within a wider privilege there, which is for people to
 * give. */
static const struct {
	const char *mariadb, *mysql;
	bool to_mariadb, to_mysql; /* the directions in which the line holds */
} privileges[] = {
	{"BINLOG MONITOR, SLAVE MONITOR", "REPLICATION CLIENT", true, false},
	{"BINLOG MONITOR", "REPLICATION CLIENT", false, true},
	{"SLAVE MONITOR", "REPLICATION CLIENT", false, true},
	{"REPLICA MONITOR", "REPLICATION CLIENT", false, true},
	{"REPLICATION SLAVE ADMIN", "REPLICATION_SLAVE_ADMIN", true, true},
	{"BINLOG ADMIN", "BINLOG_ADMIN", true, true},
	{"BINLOG REPLAY", "REPLICATION_APPLIER", true, true},
	{"CONNECTION ADMIN", "CONNECTION_ADMIN", true, true},
	{"SET USER", "SET_ANY_DEFINER", true, true},
	{"SET USER", "SET_USER_ID", true, false},
	{"SHOW CREATE ROUTINE", "SHOW_ROUTINE", false, true}, /* only MariaDB since 11.3 has it */
};

const char *dts_privilege_word(struct dts_slice privilege, enum dts_family from, enum dts_family to, bool global)
{
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (dts_slice_is(privilege, same[i]))
			return same[i];
	for (size_t i = 0; i < sizeof privileges / sizeof *privileges; i++) {
		const char *word = from == DTS_MYSQL ? privileges[i].mysql : privileges[i].mariadb;
		if ((to == DTS_MYSQL ? privileges[i].to_mysql : privileges[i].to_mariadb) && global && dts_slice_is(privilege, word))
			return to == DTS_MYSQL ? privileges[i].mysql : privileges[i].mariadb;
	}
	return NULL;
}

/* MySQL 9 has no mysql_native_password any more, MariaDB has caching_sha2_password only since 12.1. */
static const struct {
	const char *mariadb, *mysql;
	bool keeps_hash;
	bool to_mariadb, to_mysql;
} plugins[] = {
	{"unix_socket", "auth_socket", false, true, true},
	{"mysql_native_password", "mysql_native_password", true, true, false},
};

const char *dts_plugin_word(struct dts_slice plugin, enum dts_family from, enum dts_family to, bool *keeps_hash)
{
	for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++) {
		*keeps_hash = plugins[i].keeps_hash;
		if ((to == DTS_MYSQL ? plugins[i].to_mysql : plugins[i].to_mariadb) &&
		    dts_slice_is(plugin, from == DTS_MYSQL ? plugins[i].mysql : plugins[i].mariadb))
			return to == DTS_MYSQL ? plugins[i].mysql : plugins[i].mariadb;
	}
	return NULL;
}
