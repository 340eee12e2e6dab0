#include "schema/mapping.h"

#include <strings.h>

/* clang-format off */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* what an entry does not say is NULL */
#define MA DTS_MARIADB
#define MY DTS_MYSQL

#define SORTS "rare characters may sort otherwise"
#define SPACES "it tells texts apart that differ in spaces at the end"
#define STRICTER "it tells letters apart that the source takes for equal"
#define LOOSER "it takes letters for equal that the source tells apart, for which a unique key may refuse rows"
#define PADS "it takes texts for equal that differ in spaces at the end, for which a unique key may refuse rows"
#define NEAREST "it sorts some letters of the language otherwise"
/* Tried for all letters of Europe: Swedish has o and o with a hook for equal here, and not there. */
#define LETTERS "it takes other rare letters for equal, for which a unique key may refuse rows"

/* The languages that both have. MariaDB has eight collations of each, MySQL two, that are NO PAD. */
#define LANGUAGE(maria, my) \
	{MY, DTS_MAP_COLLATION, "utf8mb4_" my "_0900_ai_ci", DTS_MAP_CHANGED, "utf8mb4_uca1400_" maria "_nopad_ai_ci", LETTERS}, \
	{MY, DTS_MAP_COLLATION, "utf8mb4_" my "_0900_as_cs", DTS_MAP_CHANGED, "utf8mb4_uca1400_" maria "_nopad_as_cs", LETTERS}, \
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_" maria "_nopad_ai_ci", DTS_MAP_CHANGED, "utf8mb4_" my "_0900_ai_ci", LETTERS}, \
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_" maria "_nopad_as_cs", DTS_MAP_CHANGED, "utf8mb4_" my "_0900_as_cs", LETTERS}, \
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_" maria "_ai_ci", DTS_MAP_CHANGED, "utf8mb4_" my "_0900_ai_ci", SPACES " and " LETTERS}, \
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_" maria "_*", DTS_MAP_CHANGED, "utf8mb4_" my "_0900_as_cs", STRICTER}

#define NEAREST_OF(my, maria) \
	{MY, DTS_MAP_COLLATION, "utf8mb4_" my "_0900_ai_ci", DTS_MAP_CHANGED, "utf8mb4_uca1400_" maria "nopad_ai_ci", NEAREST ", and " LETTERS}, \
	{MY, DTS_MAP_COLLATION, "utf8mb4_" my "_0900_as_cs", DTS_MAP_CHANGED, "utf8mb4_uca1400_" maria "nopad_as_cs", NEAREST}

/* Those of MariaDB for the other Unicode sets, of which MySQL has the older ones: those of a
 * language take all characters beyond the first plane for equal. */
#define UNICODE(set, language) \
	{MA, DTS_MAP_COLLATION, set "_uca1400_nopad_ai_ci", DTS_MAP_CHANGED, set "_unicode_520_ci", PADS}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_nopad_as_ci", DTS_MAP_CHANGED, set "_unicode_520_ci", LOOSER}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_ai_ci", DTS_MAP_CHANGED, set "_unicode_520_ci", SORTS}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_as_ci", DTS_MAP_CHANGED, set "_unicode_520_ci", LOOSER}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_*_nopad_ai_ci", DTS_MAP_CHANGED, set "_*_ci", PADS}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_*_nopad_as_ci", DTS_MAP_CHANGED, set "_*_ci", LOOSER}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_*_ai_ci", DTS_MAP_CHANGED, set "_*_ci", language}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_*_as_ci", DTS_MAP_CHANGED, set "_*_ci", LOOSER}, \
	{MA, DTS_MAP_COLLATION, set "_uca1400_*", DTS_MAP_CHANGED, set "_bin", STRICTER}, \
	{MA, DTS_MAP_COLLATION, set "_croatian_mysql561_ci", DTS_MAP_CHANGED, set "_croatian_ci", SORTS}, \
	{MA, DTS_MAP_COLLATION, set "_myanmar_ci", DTS_MAP_CHANGED, set "_unicode_520_ci", NEAREST}, \
	{MA, DTS_MAP_COLLATION, set "_thai_520_w2", DTS_MAP_CHANGED, set "_unicode_520_ci", LOOSER}

#define STORAGE "it is about how rows are stored, not about what they are"
#define ATTRIBUTE "it is for an engine that MariaDB does not have"
#define REGEXP "MySQL's regular expressions are ICU's and MariaDB's are PCRE's: of a matched group the one writes $1 and the other \\\\1"
#define SHAPES "MySQL computes by the SRID (of 4326, metres and latitudes first), MariaDB on a plane"
#define NO_MATCH "; where nothing matches, MySQL gives NULL and MariaDB an empty text"
#define DOCUMENTS "MySQL writes documents anew, with keys and numbers in an order and form of its own, and refuses what is none;" \
	" MariaDB keeps the text, and gives NULL"
#define MIXED "of texts and numbers, MySQL compares the texts and MariaDB the numbers"
#define NULL_ADDRESS "of NULL, MySQL gives NULL and MariaDB 0"
#define FRACTIONS "MariaDB gives fractions of seconds and MySQL does not"
#define SEQUENCES "MySQL has no sequences"
#define ROUNDS "of fractions of seconds that do not fit, MySQL rounds, and MariaDB cuts them off unless TIME_ROUND_FRACTIONAL is set"
#define BYTES "of binary strings, MySQL computes each byte and MariaDB the number that they begin with"
/* Tried: the collation of a literal, of CAST and of CONVERT is that of the character set where no column decides. */
#define CONVERTED "where no column decides, MySQL compares the text by utf8mb4_0900_ai_ci and MariaDB by its own default," \
	" for which spaces at the end are equal: name a collation"

const struct dts_mapping dts_mappings[] = {
	/* --- character sets, and collations: the first that matches counts */
	{MY, DTS_MAP_CHARSET, "gb18030", DTS_MAP_CHANGED, "utf8mb4 COLLATE utf8mb4_uca1400_as_ci", "MariaDB does not have the character set"},
	/* without a collation they mean another one at MariaDB, which differs from release to release */
	{MY, DTS_MAP_CHARSET, "utf8mb4", DTS_MAP_SAME, "utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci"},
	{MY, DTS_MAP_CHARSET, "utf8mb3|utf8", DTS_MAP_SAME, "utf8mb3 COLLATE utf8mb3_general_ci"},
	{MY, DTS_MAP_CHARSET, "ucs2", DTS_MAP_SAME, "ucs2 COLLATE ucs2_general_ci"},
	{MY, DTS_MAP_CHARSET, "utf16", DTS_MAP_SAME, "utf16 COLLATE utf16_general_ci"},
	{MY, DTS_MAP_CHARSET, "utf32", DTS_MAP_SAME, "utf32 COLLATE utf32_general_ci"},
	{MY, DTS_MAP_COLLATION, "gb18030_bin", DTS_MAP_CHANGED, "utf8mb4_bin", SORTS},
	{MY, DTS_MAP_COLLATION, "gb18030_chinese_ci", DTS_MAP_CHANGED, "utf8mb4_uca1400_as_ci", NEAREST},
	{MY, DTS_MAP_COLLATION, "gb18030_unicode_520_ci", DTS_MAP_SAME, "utf8mb4_unicode_520_ci"},
	{MY, DTS_MAP_COLLATION, "utf8mb3_tolower_ci", DTS_MAP_CHANGED, "utf8mb3_uca1400_as_ci", LOOSER},
	{MY, DTS_MAP_COLLATION, "utf8mb4_0900_bin", DTS_MAP_SAME, "utf8mb4_nopad_bin"},
	{MY, DTS_MAP_COLLATION, "utf8mb4_0900_*", DTS_MAP_CHANGED, "utf8mb4_uca1400_nopad_*", SORTS},
	NEAREST_OF("bg", ""),
	NEAREST_OF("bs", "croatian_"),
	NEAREST_OF("gl", "spanish_"),
	{MY, DTS_MAP_COLLATION, "utf8mb4_ja_0900_as_cs", DTS_MAP_CHANGED, "utf8mb4_uca1400_nopad_as_cs", NEAREST},
	{MY, DTS_MAP_COLLATION, "utf8mb4_ja_0900_as_cs_ks", DTS_MAP_CHANGED, "utf8mb4_uca1400_nopad_as_cs", NEAREST},
	NEAREST_OF("mn_cyrl", ""),
	NEAREST_OF("nb", "danish_"),
	NEAREST_OF("nn", "danish_"),
	NEAREST_OF("ru", ""),
	NEAREST_OF("sr_latn", "croatian_"),
	{MY, DTS_MAP_COLLATION, "utf8mb4_zh_0900_as_cs", DTS_MAP_CHANGED, "utf8mb4_uca1400_nopad_as_cs", NEAREST},
	LANGUAGE("croatian", "hr"),
	LANGUAGE("czech", "cs"),
	LANGUAGE("danish", "da"),
	LANGUAGE("esperanto", "eo"),
	LANGUAGE("estonian", "et"),
	LANGUAGE("german2", "de_pb"),
	LANGUAGE("hungarian", "hu"),
	LANGUAGE("icelandic", "is"),
	LANGUAGE("latvian", "lv"),
	LANGUAGE("lithuanian", "lt"),
	LANGUAGE("polish", "pl"),
	LANGUAGE("roman", "la"),
	LANGUAGE("romanian", "ro"),
	LANGUAGE("slovak", "sk"),
	LANGUAGE("slovenian", "sl"),
	LANGUAGE("spanish", "es"),
	LANGUAGE("spanish2", "es_trad"),
	LANGUAGE("swedish", "sv"),
	LANGUAGE("turkish", "tr"),
	LANGUAGE("vietnamese", "vi"),
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_persian_nopad_ai_ci", DTS_MAP_CHANGED, "utf8mb4_persian_ci", PADS},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_persian_ai_ci", DTS_MAP_CHANGED, "utf8mb4_persian_ci", NEAREST},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_sinhala_nopad_ai_ci", DTS_MAP_CHANGED, "utf8mb4_sinhala_ci", PADS},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_sinhala_ai_ci", DTS_MAP_CHANGED, "utf8mb4_sinhala_ci", NEAREST},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_persian_*", DTS_MAP_CHANGED, "utf8mb4_0900_as_cs", STRICTER},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_sinhala_*", DTS_MAP_CHANGED, "utf8mb4_0900_as_cs", STRICTER},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_nopad_ai_cs", DTS_MAP_CHANGED, "utf8mb4_0900_as_cs", STRICTER},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_nopad_*", DTS_MAP_CHANGED, "utf8mb4_0900_*", SORTS},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_ai_cs", DTS_MAP_CHANGED, "utf8mb4_0900_as_cs", STRICTER},
	{MA, DTS_MAP_COLLATION, "utf8mb4_uca1400_*", DTS_MAP_CHANGED, "utf8mb4_0900_*", SPACES},
	{MA, DTS_MAP_COLLATION, "utf8mb4_nopad_bin", DTS_MAP_SAME, "utf8mb4_0900_bin"},
	{MA, DTS_MAP_COLLATION, "utf8mb4_general1400_as_ci", DTS_MAP_CHANGED, "utf8mb4_0900_as_ci", LOOSER},
	{MA, DTS_MAP_COLLATION, "utf8mb4_myanmar_ci", DTS_MAP_CHANGED, "utf8mb4_unicode_520_ci", NEAREST},
	{MA, DTS_MAP_COLLATION, "utf8mb4_thai_520_w2", DTS_MAP_CHANGED, "utf8mb4_unicode_520_ci", LOOSER},
	{MA, DTS_MAP_COLLATION, "utf8mb4_croatian_mysql561_ci", DTS_MAP_CHANGED, "utf8mb4_croatian_ci", SORTS},
	{MA, DTS_MAP_COLLATION, "utf8mb3_general1400_as_ci", DTS_MAP_CHANGED, "utf8mb3_general_ci", LOOSER},
	UNICODE("utf8mb3", SORTS),
	UNICODE("ucs2", SORTS),
	UNICODE("utf16", LOOSER),
	UNICODE("utf32", LOOSER),
	/* latin1_swedish_nopad_ci, ascii_nopad_bin and their kin */
	{MA, DTS_MAP_COLLATION, "*_nopad_*", DTS_MAP_CHANGED, "*_*", PADS},
	{MA, DTS_MAP_COLLATION, "uca1400_*", DTS_MAP_REFUSED, NULL, "it depends on a character set that is not written here"},

	/* --- databases */
	{MA, DTS_MAP_DATABASE, "COMMENT =? $", DTS_MAP_LEFT_OUT, NULL, "MySQL's databases have no comments"},
	{MY, DTS_MAP_DATABASE, "DEFAULT? ENCRYPTION =? 'N'", DTS_MAP_SAME, ""},
	{MY, DTS_MAP_DATABASE, "DEFAULT? ENCRYPTION =? $", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MY, DTS_MAP_DATABASE, "READ ONLY =? #", DTS_MAP_LEFT_OUT, NULL, "MariaDB's databases cannot be read-only"},

	/* --- what is between CREATE and the name */
	{MA, DTS_MAP_OBJECT, "SEQUENCE", DTS_MAP_REFUSED, NULL, "take a table with an AUTO_INCREMENT column, or one that holds the last value",
	 "CREATE TABLE {object} (`value` BIGINT NOT NULL); INSERT INTO {object} VALUES (0); /* and for each next value:"
	 " UPDATE {object} SET `value` = LAST_INSERT_ID(`value` + 1); SELECT LAST_INSERT_ID() */"},
	{MA, DTS_MAP_OBJECT, "PACKAGE", DTS_MAP_REFUSED, NULL, "make each of its routines one of the database"},
	{MA, DTS_MAP_OBJECT, "AGGREGATE FUNCTION", DTS_MAP_REFUSED, NULL, "only a loadable function can be one there"},
	{MY, DTS_MAP_OBJECT, "JSON RELATIONAL? DUALITY? VIEW", DTS_MAP_REFUSED, NULL, "make a view with JSON_OBJECT() to read it"},
	{MY, DTS_MAP_OBJECT, "MATERIALIZED VIEW", DTS_MAP_REFUSED, NULL, "make a view, or a table that an event fills"},

	/* --- types */
	{MY, DTS_MAP_TYPE, "json", DTS_MAP_CHANGED, NULL, "it is LONGTEXT with a check there, which keeps a document's text and compares it as text"},
	{MY, DTS_MAP_TYPE, "geomcollection", DTS_MAP_SAME, "geometrycollection"},
	{MY, DTS_MAP_TYPE, "vector", DTS_MAP_CHANGED, NULL, "MariaDB has it from 11.7 on"},
	{MA, DTS_MAP_TYPE, "uuid", DTS_MAP_CHANGED, "char(36) CHARACTER SET ascii COLLATE ascii_general_ci", "it is a text there, checked by nobody"},
	{MA, DTS_MAP_TYPE, "inet4", DTS_MAP_CHANGED, "varchar(15) CHARACTER SET ascii COLLATE ascii_general_ci",
	 "it is a text there, sorted as one and checked by nobody"},
	{MA, DTS_MAP_TYPE, "inet6", DTS_MAP_CHANGED, "varchar(45) CHARACTER SET ascii COLLATE ascii_general_ci",
	 "it is a text there, sorted as one and checked by nobody"},
	{MA, DTS_MAP_TYPE, "tinyint ( 1 )", DTS_MAP_SAME},
	{MA, DTS_MAP_TYPE, "tinyint|smallint|mediumint|int|bigint ( # ) unsigned? zerofill", DTS_MAP_SAME},
	/* MySQL shows no width but with ZEROFILL, and warns of one */
	{MA, DTS_MAP_TYPE, "tinyint|smallint|mediumint|int|bigint|year ( # )", DTS_MAP_SAME, "$1"},

	/* --- columns */
	{MY, DTS_MAP_COLUMN, "COLUMN_FORMAT %", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MY, DTS_MAP_COLUMN, "STORAGE %", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MY, DTS_MAP_COLUMN, "ENGINE_ATTRIBUTE|SECONDARY_ENGINE_ATTRIBUTE =? $", DTS_MAP_LEFT_OUT, NULL, ATTRIBUTE},
	{MY, DTS_MAP_COLUMN, "NOT SECONDARY", DTS_MAP_LEFT_OUT, NULL, ATTRIBUTE},
	{MY, DTS_MAP_COLUMN, "SRID #", DTS_MAP_CHANGED, "", "MariaDB notes it as REF_SYSTEM_ID and does not check values against it", NULL, 0, DTS_MAP_SRID},
	{MY, DTS_MAP_COLUMN, "NOT NULL", DTS_MAP_LEFT_OUT, NULL, "MariaDB has it for no generated column", NULL, 0, DTS_MAP_GENERATED_NOT_NULL},
	{MY, DTS_MAP_COLUMN, "INVISIBLE", DTS_MAP_LEFT_OUT, NULL, "MariaDB has it for columns with a default", NULL, 0, DTS_MAP_INVISIBLE},
	{MA, DTS_MAP_COLUMN, "COMPRESSED", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MA, DTS_MAP_COLUMN, "WITH|WITHOUT SYSTEM VERSIONING", DTS_MAP_LEFT_OUT, NULL, "MySQL keeps no history of rows"},
	/* the column stays, since that rows have it is known to those who write them */
	{MA, DTS_MAP_COLUMN, "GENERATED ALWAYS AS ROW START|END", DTS_MAP_CHANGED, "GENERATED ALWAYS AS (NULL) VIRTUAL", "MySQL keeps no history of rows"},
	{MA, DTS_MAP_COLUMN, "DEFAULT", DTS_MAP_SAME, "(...)", "expressions, and texts and bytes of any length", NULL, 0, DTS_MAP_DEFAULT_BRACKETS},
	{MA, DTS_MAP_COLUMN, "DEFAULT nextval", DTS_MAP_LEFT_OUT, NULL, "MySQL has no sequences: give the value in each INSERT, or make it AUTO_INCREMENT if it is a key's first", NULL, 0, DTS_MAP_DEFAULT_SEQUENCE},
	/* MySQL's JSON would write documents anew, keys in another order; MariaDB's are texts */
	{MA, DTS_MAP_COLUMN, "CHECK ( json_valid ( @ ) )", DTS_MAP_SAME},

	/* --- keys and constraints */
	{MY, DTS_MAP_KEY, "NOT ENFORCED", DTS_MAP_ITEM_LEFT_OUT, NULL, "MariaDB would enforce it, on the rows that are there, too",
	 "ALTER TABLE {object} ADD {rest}"},
	{MY, DTS_MAP_KEY, "INVISIBLE", DTS_MAP_SAME, "IGNORED"},
	/* MariaDB's own default; an ALTER TABLE that says it makes NO ACTION, which is shown and does the same. */
	{MY, DTS_MAP_KEY, "ON DELETE|UPDATE RESTRICT", DTS_MAP_SAME, ""},
	{MY, DTS_MAP_KEY, "WITH PARSER %", DTS_MAP_LEFT_OUT, NULL, "the key finds words, as divided by spaces; of texts without them it finds other rows"},
	{MY, DTS_MAP_KEY, "ENGINE_ATTRIBUTE|SECONDARY_ENGINE_ATTRIBUTE =? $", DTS_MAP_LEFT_OUT, NULL, ATTRIBUTE},
	{MY, DTS_MAP_KEY, "ARRAY", DTS_MAP_ITEM_LEFT_OUT, NULL, "MariaDB has no keys over the members of documents", NULL, 0, DTS_MAP_KEY_ARRAY},
	{MY, DTS_MAP_KEY, "((expression))", DTS_MAP_ITEM_LEFT_OUT, NULL,
	 "MariaDB's keys are of columns: add a generated one, with the type of the expression",
	 "ALTER TABLE {object} ADD COLUMN `{bare}_expression` VARCHAR(255) GENERATED ALWAYS AS ({words}) VIRTUAL INVISIBLE,"
	 " ADD KEY {name} (`{bare}_expression`)", 0, DTS_MAP_KEY_EXPRESSION},
	{MA, DTS_MAP_KEY, "IGNORED", DTS_MAP_SAME, "INVISIBLE"},
	{MA, DTS_MAP_KEY, "PERIOD FOR SYSTEM_TIME ~", DTS_MAP_ITEM_LEFT_OUT, NULL, "MySQL keeps no history of rows"},
	{MA, DTS_MAP_KEY, "PERIOD FOR % ( % , % )", DTS_MAP_CHANGED, "CHECK ($5 < $7)", "MySQL's UPDATE and DELETE have no FOR PORTION OF"},
	{MA, DTS_MAP_KEY, "% WITHOUT OVERLAPS", DTS_MAP_CHANGED, NULL, "MySQL refuses the same row twice, and takes times that overlap", NULL, 0,
	 DTS_MAP_KEY_PERIOD},
	{MA, DTS_MAP_KEY, "VECTOR KEY|INDEX", DTS_MAP_ITEM_LEFT_OUT, NULL, "MySQL has no keys of vectors: a search reads all rows"},
	{MA, DTS_MAP_KEY, "UNIQUE ... USING HASH", DTS_MAP_ITEM_LEFT_OUT, NULL,
	 "MySQL has no unique key over whole texts: add one of a hash, which does not know the collation",
	 "ALTER TABLE {object} ADD COLUMN `{bare}_hash` BINARY(32) GENERATED ALWAYS AS"
	 " (UNHEX(SHA2(IF(CONCAT({words}) IS NULL, NULL, JSON_ARRAY({words})), 256))) STORED INVISIBLE, ADD UNIQUE KEY {name} (`{bare}_hash`)", 0, DTS_MAP_KEY_HASHED},
	{MA, DTS_MAP_KEY, "CONSTRAINT CONSTRAINT_*", DTS_MAP_SAME, "", "MySQL wants each name once in a database, and gives its own", NULL, 0,
	 DTS_MAP_CHECK_NAME},

	/* --- table options */
	{MY, DTS_MAP_OPTION, "ENCRYPTION =? 'N'", DTS_MAP_SAME, ""},
	{MY, DTS_MAP_OPTION, "TABLESPACE|COMPRESSION|ENCRYPTION|AUTOEXTEND_SIZE =? %", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MY, DTS_MAP_OPTION, "STORAGE DISK|MEMORY", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MY, DTS_MAP_OPTION, "ENGINE_ATTRIBUTE|SECONDARY_ENGINE|SECONDARY_ENGINE_ATTRIBUTE =? %", DTS_MAP_LEFT_OUT, NULL, ATTRIBUTE},
	{MY, DTS_MAP_OPTION, "ENGINE = ndbcluster|ndb", DTS_MAP_CHANGED, "ENGINE=InnoDB", "MariaDB does not have the engine"},
	{MA, DTS_MAP_OPTION, "ENGINE = Aria|RocksDB|Columnstore|Mroonga|TokuDB|S3", DTS_MAP_CHANGED, "ENGINE=InnoDB", "MySQL does not have the engine"},
	{MA, DTS_MAP_OPTION, "ENGINE = SPIDER|CONNECT|OQGRAPH|SPHINX|SEQUENCE", DTS_MAP_REFUSED, NULL, "its rows are elsewhere, or made up"},
	{MA, DTS_MAP_OPTION, "ROW_FORMAT = PAGE", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MA, DTS_MAP_OPTION, "TRANSACTIONAL|PAGE_CHECKSUM =? #", DTS_MAP_LEFT_OUT, NULL, STORAGE},
	{MA, DTS_MAP_OPTION, "WITH SYSTEM VERSIONING", DTS_MAP_LEFT_OUT, NULL, "MySQL keeps no history of rows"},
	{MA, DTS_MAP_OPTION, "@ = %", DTS_MAP_LEFT_OUT, NULL, "MySQL's engines do not have the option"},
	{MA, DTS_MAP_PARTITION, "SYSTEM_TIME", DTS_MAP_ITEM_LEFT_OUT, NULL, "MySQL keeps no history of rows"},
	{MA, DTS_MAP_PARTITION, "PARTITION % DEFAULT", DTS_MAP_ITEM_LEFT_OUT, NULL, "MySQL's lists have no partition for all other values"},
	{MA, DTS_MAP_PARTITION, "ENGINE = MyISAM|Aria", DTS_MAP_ITEM_LEFT_OUT, NULL, "MySQL's MyISAM has no partitions"},

	/* --- functions with another name, or that can be said otherwise */
	{MY, DTS_MAP_FUNCTION, "any_value", DTS_MAP_CHANGED, "($1)", "MariaDB takes the first value too, unless ONLY_FULL_GROUP_BY is set", NULL, 1},
	{MY, DTS_MAP_FUNCTION, "regexp_like", DTS_MAP_CHANGED, "($1 REGEXP $2)", REGEXP, NULL, 2},
	{MY, DTS_MAP_FUNCTION, "regexp_replace", DTS_MAP_CHANGED, NULL, REGEXP, NULL, 3},
	{MY, DTS_MAP_FUNCTION, "regexp_instr", DTS_MAP_CHANGED, NULL, REGEXP, NULL, 2},
	{MY, DTS_MAP_FUNCTION, "regexp_substr", DTS_MAP_CHANGED, NULL, REGEXP NO_MATCH, NULL, 2},
	{MY, DTS_MAP_FUNCTION, "regexp_like|regexp_replace|regexp_instr|regexp_substr", DTS_MAP_REFUSED, NULL,
	 "its regular expressions take no position, occurrence or match type: write (?i) in the expression"},
	{MY, DTS_MAP_FUNCTION, "uuid_to_bin", DTS_MAP_SAME, "UNHEX(REPLACE($1, '-', ''))", NULL, NULL, 1},
	{MY, DTS_MAP_FUNCTION, "bin_to_uuid", DTS_MAP_SAME,
	 "INSERT(INSERT(INSERT(INSERT(LOWER(HEX($1)), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')", NULL, NULL, 1},
	{MY, DTS_MAP_FUNCTION, "uuid_to_bin|bin_to_uuid", DTS_MAP_REFUSED, NULL, "put the time's parts in their order with SUBSTR() and CONCAT()"},
	{MY, DTS_MAP_FUNCTION, "json_pretty", DTS_MAP_CHANGED, "JSON_DETAILED", "it breaks the lines otherwise"},
	{MY, DTS_MAP_FUNCTION, "string_to_vector|to_vector", DTS_MAP_CHANGED, "VEC_FromText", "MariaDB has it from 11.7 on"},
	{MY, DTS_MAP_FUNCTION, "vector_to_string|from_vector", DTS_MAP_CHANGED, "VEC_ToText", "MariaDB has it from 11.7 on, and writes numbers otherwise"},
	{MY, DTS_MAP_FUNCTION, "geomcollection", DTS_MAP_SAME, "GEOMETRYCOLLECTION"},
	{MY, DTS_MAP_FUNCTION, "vector_dim", DTS_MAP_SAME, "(LENGTH($1) DIV 4)", NULL, NULL, 1},
	{MY, DTS_MAP_FUNCTION, "json_schema_valid", DTS_MAP_CHANGED, NULL, "MariaDB has it from 11.1 on"},
	{MY, DTS_MAP_FUNCTION, "format_bytes|format_pico_time", DTS_MAP_CHANGED, NULL, "MariaDB has it from 11.8 on"},
	{MA, DTS_MAP_FUNCTION, "nvl", DTS_MAP_SAME, "IFNULL"},
	{MA, DTS_MAP_FUNCTION, "nvl2", DTS_MAP_SAME, "IF(($1) IS NOT NULL, $2, $3)", NULL, NULL, 3},
	{MA, DTS_MAP_FUNCTION, "chr", DTS_MAP_SAME, "CHAR($1 USING utf8mb4)", NULL, NULL, 1},
	{MA, DTS_MAP_FUNCTION, "lengthb", DTS_MAP_SAME, "LENGTH"},
	{MA, DTS_MAP_FUNCTION, "json_detailed", DTS_MAP_CHANGED, "JSON_PRETTY", "it breaks the lines otherwise"},
	{MA, DTS_MAP_FUNCTION, "json_exists", DTS_MAP_SAME, "JSON_CONTAINS_PATH($1, 'one', $2)", NULL, NULL, 2},
	{MA, DTS_MAP_FUNCTION, "vec_fromtext", DTS_MAP_SAME, "STRING_TO_VECTOR"},
	{MA, DTS_MAP_FUNCTION, "vec_totext", DTS_MAP_CHANGED, "VECTOR_TO_STRING", "it writes numbers otherwise"},
	{MA, DTS_MAP_FUNCTION, "sys_guid", DTS_MAP_SAME, "UPPER(REPLACE(UUID(), '-', ''))"},
	{MA, DTS_MAP_FUNCTION, "uuid_v4|uuid_v7", DTS_MAP_REFUSED, NULL, "take UUID(), which has parts of the time in another order"},
	{MA, DTS_MAP_FUNCTION, "regexp_replace", DTS_MAP_CHANGED, NULL, REGEXP},
	{MA, DTS_MAP_FUNCTION, "regexp_instr", DTS_MAP_CHANGED, NULL, REGEXP},
	{MA, DTS_MAP_FUNCTION, "regexp_substr", DTS_MAP_CHANGED, NULL, REGEXP NO_MATCH},
	{MA, DTS_MAP_FUNCTION, "md5|sha|sha1", DTS_MAP_CHANGED, NULL, "MySQL has it from 9.6 on as a component, which generated columns cannot take",
	 "INSTALL COMPONENT 'file://component_classic_hashing'"},
	{MA, DTS_MAP_FUNCTION, "group_concat", DTS_MAP_CHANGED, NULL,
	 "MySQL cuts it at 1024 bytes, MariaDB at 1 MiB, unless group_concat_max_len is set"},
	{MA, DTS_MAP_FUNCTION, "astext|aswkt", DTS_MAP_SAME, "ST_AsText"},
	{MA, DTS_MAP_FUNCTION, "asbinary|aswkb", DTS_MAP_SAME, "ST_AsWKB"},
	{MA, DTS_MAP_FUNCTION, "geomfromtext|geometryfromtext", DTS_MAP_SAME, "ST_GeomFromText"},
	{MA, DTS_MAP_FUNCTION, "geomfromwkb|geometryfromwkb", DTS_MAP_SAME, "ST_GeomFromWKB"},
	{MA, DTS_MAP_FUNCTION, "linefromtext|linestringfromtext", DTS_MAP_SAME, "ST_LineFromText"},
	{MA, DTS_MAP_FUNCTION, "linefromwkb|linestringfromwkb", DTS_MAP_SAME, "ST_LineFromWKB"},
	{MA, DTS_MAP_FUNCTION, "pointfromtext", DTS_MAP_SAME, "ST_PointFromText"},
	{MA, DTS_MAP_FUNCTION, "pointfromwkb", DTS_MAP_SAME, "ST_PointFromWKB"},
	{MA, DTS_MAP_FUNCTION, "polyfromtext|polygonfromtext", DTS_MAP_SAME, "ST_PolyFromText"},
	{MA, DTS_MAP_FUNCTION, "polyfromwkb|polygonfromwkb", DTS_MAP_SAME, "ST_PolyFromWKB"},
	{MA, DTS_MAP_FUNCTION, "mlinefromtext|multilinestringfromtext", DTS_MAP_SAME, "ST_MLineFromText"},
	{MA, DTS_MAP_FUNCTION, "mlinefromwkb|multilinestringfromwkb", DTS_MAP_SAME, "ST_MLineFromWKB"},
	{MA, DTS_MAP_FUNCTION, "mpointfromtext|multipointfromtext", DTS_MAP_SAME, "ST_MPointFromText"},
	{MA, DTS_MAP_FUNCTION, "mpointfromwkb|multipointfromwkb", DTS_MAP_SAME, "ST_MPointFromWKB"},
	{MA, DTS_MAP_FUNCTION, "mpolyfromtext|multipolygonfromtext", DTS_MAP_SAME, "ST_MPolyFromText"},
	{MA, DTS_MAP_FUNCTION, "mpolyfromwkb|multipolygonfromwkb", DTS_MAP_SAME, "ST_MPolyFromWKB"},
	{MA, DTS_MAP_FUNCTION, "geomcollfromtext|geometrycollectionfromtext", DTS_MAP_SAME, "ST_GeomCollFromText"},
	{MA, DTS_MAP_FUNCTION, "geomcollfromwkb|geometrycollectionfromwkb", DTS_MAP_SAME, "ST_GeomCollFromWKB"},
	{MA, DTS_MAP_FUNCTION, "area", DTS_MAP_CHANGED, "ST_Area", SHAPES},
	{MA, DTS_MAP_FUNCTION, "buffer", DTS_MAP_CHANGED, "ST_Buffer", SHAPES},
	{MA, DTS_MAP_FUNCTION, "centroid", DTS_MAP_CHANGED, "ST_Centroid", SHAPES},
	{MA, DTS_MAP_FUNCTION, "convexhull", DTS_MAP_CHANGED, "ST_ConvexHull", SHAPES},
	{MA, DTS_MAP_FUNCTION, "dimension", DTS_MAP_SAME, "ST_Dimension"},
	{MA, DTS_MAP_FUNCTION, "endpoint", DTS_MAP_SAME, "ST_EndPoint"},
	{MA, DTS_MAP_FUNCTION, "envelope", DTS_MAP_CHANGED, "ST_Envelope", SHAPES},
	{MA, DTS_MAP_FUNCTION, "exteriorring", DTS_MAP_SAME, "ST_ExteriorRing"},
	{MA, DTS_MAP_FUNCTION, "geometryn", DTS_MAP_SAME, "ST_GeometryN"},
	{MA, DTS_MAP_FUNCTION, "geometrytype", DTS_MAP_SAME, "ST_GeometryType"},
	{MA, DTS_MAP_FUNCTION, "glength", DTS_MAP_CHANGED, "ST_Length", SHAPES},
	{MA, DTS_MAP_FUNCTION, "interiorringn", DTS_MAP_SAME, "ST_InteriorRingN"},
	{MA, DTS_MAP_FUNCTION, "isclosed", DTS_MAP_SAME, "ST_IsClosed"},
	{MA, DTS_MAP_FUNCTION, "isempty", DTS_MAP_SAME, "ST_IsEmpty"},
	{MA, DTS_MAP_FUNCTION, "issimple", DTS_MAP_SAME, "ST_IsSimple"},
	{MA, DTS_MAP_FUNCTION, "numgeometries", DTS_MAP_SAME, "ST_NumGeometries"},
	{MA, DTS_MAP_FUNCTION, "numinteriorrings", DTS_MAP_SAME, "ST_NumInteriorRings"},
	{MA, DTS_MAP_FUNCTION, "numpoints", DTS_MAP_SAME, "ST_NumPoints"},
	{MA, DTS_MAP_FUNCTION, "pointn", DTS_MAP_SAME, "ST_PointN"},
	{MA, DTS_MAP_FUNCTION, "startpoint", DTS_MAP_SAME, "ST_StartPoint"},
	{MA, DTS_MAP_FUNCTION, "srid", DTS_MAP_SAME, "ST_SRID"},
	{MA, DTS_MAP_FUNCTION, "x", DTS_MAP_SAME, "ST_X"},
	{MA, DTS_MAP_FUNCTION, "y", DTS_MAP_SAME, "ST_Y"},
	{MA, DTS_MAP_FUNCTION, "mbrequal", DTS_MAP_SAME, "MBREquals"},

	/* --- functions that the other does not have */
	{MY, DTS_MAP_FUNCTION, "gtid_subset|gtid_subtract|wait_for_executed_gtid_set|source_pos_wait", DTS_MAP_REFUSED, NULL,
	 "MariaDB's GTIDs are others"},
	{MY, DTS_MAP_FUNCTION, "grouping", DTS_MAP_REFUSED, NULL, "a column of WITH ROLLUP is NULL there"},
	{MY, DTS_MAP_FUNCTION, "lag|lead", DTS_MAP_REFUSED, NULL, "its window functions take no default: COALESCE() of them gives it, for NULLs, too", NULL, 3},
	{MY, DTS_MAP_FUNCTION, "is_uuid", DTS_MAP_REFUSED, NULL, "compare it with REGEXP"},
	{MY, DTS_MAP_FUNCTION, "json_storage_free|json_storage_size|json_schema_validation_report", DTS_MAP_REFUSED, NULL, "it has no binary documents"},
	{MY, DTS_MAP_FUNCTION, "icu_version|ps_current_thread_id|ps_thread_id|roles_graphml|statement_digest|statement_digest_text|"
	 "validate_password_strength|can_access_*|get_dd_*|internal_*|is_visible_dd_object", DTS_MAP_REFUSED, NULL, "it is about the server itself"},
	{MY, DTS_MAP_FUNCTION, "mbrcovers|mbrcoveredby|st_buffer_strategy|st_collect|st_frechetdistance|st_geohash|st_hausdorffdistance|"
	 "st_isvalid|st_latfromgeohash|st_latitude|st_lineinterpolatepoint|st_lineinterpolatepoints|st_longfromgeohash|st_longitude|"
	 "st_makeenvelope|st_pointatdistance|st_pointfromgeohash|st_simplify|st_swapxy|st_transform|st_validate", DTS_MAP_REFUSED, NULL,
	 "it has fewer functions of shapes"},
	{MA, DTS_MAP_FUNCTION, "st_boundary|boundary|st_isring|isring|st_pointonsurface|pointonsurface|st_relate", DTS_MAP_REFUSED, NULL,
	 "it has other functions of shapes"},
	{MA, DTS_MAP_FUNCTION, "contains|crosses|disjoint|equals|intersects|overlaps|touches|within", DTS_MAP_REFUSED, NULL,
	 "it compares shapes with ST_ functions, which do so exactly"},
	{MA, DTS_MAP_FUNCTION, "nextval|lastval|setval", DTS_MAP_REFUSED, NULL, SEQUENCES},
	{MA, DTS_MAP_FUNCTION, "column_add|column_check|column_create|column_delete|column_exists|column_get|column_json|column_list",
	 DTS_MAP_REFUSED, NULL, "keep such columns as JSON: COLUMN_JSON() makes it"},
	{MA, DTS_MAP_FUNCTION, "json_array_intersect|json_compact|json_equals|json_key_value|json_loose|json_normalize|json_object_filter_keys|"
	 "json_object_to_array|json_query", DTS_MAP_REFUSED, NULL, "it has other functions of documents"},
	{MA, DTS_MAP_FUNCTION, "vec_distance|vec_distance_cosine|vec_distance_euclidean", DTS_MAP_REFUSED, NULL, "its community server has no distance of vectors"},
	{MA, DTS_MAP_FUNCTION, "des_decrypt|des_encrypt|decode|encode|encrypt|old_password|kdf|password", DTS_MAP_REFUSED, NULL,
	 "take AES_ENCRYPT() or SHA2()"},
	{MA, DTS_MAP_FUNCTION, "median|percentile_cont|percentile_disc", DTS_MAP_REFUSED, NULL, "number the rows with ROW_NUMBER()"},
	{MA, DTS_MAP_FUNCTION, "rownum", DTS_MAP_REFUSED, NULL, "take ROW_NUMBER() OVER ()"},
	{MA, DTS_MAP_FUNCTION, "add_months", DTS_MAP_REFUSED, NULL, "add INTERVAL n MONTH, which keeps the last day of a month otherwise"},
	{MA, DTS_MAP_FUNCTION, "concat_operator_oracle|decode_oracle|lpad_oracle|ltrim_oracle|replace_oracle|rpad_oracle|rtrim_oracle|"
	 "substr_oracle|trim_oracle|to_char", DTS_MAP_REFUSED, NULL, "it has none of Oracle's ways"},
	{MA, DTS_MAP_FUNCTION, "crc32c|natural_sort_key|sformat|trunc", DTS_MAP_REFUSED},
	{MA, DTS_MAP_FUNCTION, "binlog_gtid_pos|decode_histogram|master_gtid_wait|wsrep_*", DTS_MAP_REFUSED, NULL, "it is about the server itself"},

	/* --- functions of both that give something else: tried with all that both have, and many arguments */
	{MY, DTS_MAP_FUNCTION, "json_array_append|json_array_insert", DTS_MAP_CHANGED, NULL, "where the path is not there, MySQL gives the document and MariaDB NULL"},
	{MY, DTS_MAP_FUNCTION, "json_value", DTS_MAP_CHANGED, NULL, "of an object or array, MySQL gives the text and MariaDB NULL"},
	{MY, DTS_MAP_FUNCTION, "json_valid", DTS_MAP_SAME},
	{MY, DTS_MAP_FUNCTION, "json_*", DTS_MAP_CHANGED, NULL, DOCUMENTS},
	{MY, DTS_MAP_FUNCTION, "greatest|least", DTS_MAP_CHANGED, NULL, MIXED},
	{MY, DTS_MAP_FUNCTION, "is_ipv4|is_ipv4_compat|is_ipv4_mapped|is_ipv6", DTS_MAP_CHANGED, NULL, NULL_ADDRESS},
	{MY, DTS_MAP_FUNCTION, "time_to_sec", DTS_MAP_CHANGED, NULL, FRACTIONS},
	{MY, DTS_MAP_FUNCTION, "weight_string", DTS_MAP_CHANGED, NULL, "weights of letters differ from server to server"},
	{MY, DTS_MAP_FUNCTION, "bit_and|bit_count|bit_or|bit_xor", DTS_MAP_CHANGED, NULL, BYTES},
	{MY, DTS_MAP_FUNCTION, "current_role", DTS_MAP_CHANGED, NULL, "without a role, MySQL gives NONE and MariaDB NULL"},
	{MA, DTS_MAP_FUNCTION, "json_array_append|json_array_insert", DTS_MAP_CHANGED, NULL, "where the path is not there, MySQL gives the document and MariaDB NULL"},
	{MA, DTS_MAP_FUNCTION, "json_value", DTS_MAP_CHANGED, NULL, "of an object or array, MySQL gives the text and MariaDB NULL"},
	{MA, DTS_MAP_FUNCTION, "json_valid", DTS_MAP_SAME},
	{MA, DTS_MAP_FUNCTION, "json_*", DTS_MAP_CHANGED, NULL, DOCUMENTS},
	{MA, DTS_MAP_FUNCTION, "greatest|least", DTS_MAP_CHANGED, NULL, MIXED},
	{MA, DTS_MAP_FUNCTION, "is_ipv4|is_ipv4_compat|is_ipv4_mapped|is_ipv6", DTS_MAP_CHANGED, NULL, NULL_ADDRESS},
	{MA, DTS_MAP_FUNCTION, "time_to_sec", DTS_MAP_CHANGED, NULL, FRACTIONS},
	{MA, DTS_MAP_FUNCTION, "weight_string", DTS_MAP_CHANGED, NULL, "weights of letters differ from server to server"},
	{MA, DTS_MAP_FUNCTION, "bit_and|bit_count|bit_or|bit_xor", DTS_MAP_CHANGED, NULL, BYTES},
	{MA, DTS_MAP_FUNCTION, "current_role", DTS_MAP_CHANGED, NULL, "without a role, MySQL gives NONE and MariaDB NULL"},
	{MY, DTS_MAP_FUNCTION, "st_*|mbr*", DTS_MAP_CHANGED, NULL, SHAPES},
	{MA, DTS_MAP_FUNCTION, "st_*|mbr*", DTS_MAP_CHANGED, NULL, SHAPES},

	/* --- the words of expressions, queries and programs */
	{MY, DTS_MAP_WORDS, "-> $", DTS_MAP_SAME, "JSON_EXTRACT(column, path)", NULL, NULL, 0, DTS_MAP_ARROW},
	{MY, DTS_MAP_WORDS, "_ $", DTS_MAP_SAME, "CONVERT(text USING set)", NULL, NULL, 0, DTS_MAP_INTRODUCER},
	{MY, DTS_MAP_WORDS, "AS TIME|DATETIME ~? )", DTS_MAP_CHANGED, NULL, ROUNDS, NULL, 0, DTS_MAP_ROUNDS},
	{MY, DTS_MAP_WORDS, "AS CHAR ~? CHARSET utf8mb4", DTS_MAP_CHANGED, NULL, CONVERTED},
	{MY, DTS_MAP_WORDS, "AS CHAR ~? CHARACTER SET utf8mb4", DTS_MAP_CHANGED, NULL, CONVERTED},
	{MY, DTS_MAP_WORDS, "USING utf8mb4", DTS_MAP_CHANGED, NULL, CONVERTED},
	{MY, DTS_MAP_WORDS, "& &", DTS_MAP_SAME, "&&"},
	{MY, DTS_MAP_WORDS, "\\| \\|", DTS_MAP_SAME, "||"},
	{MY, DTS_MAP_WORDS, "< <", DTS_MAP_CHANGED, "<<", BYTES},
	{MY, DTS_MAP_WORDS, "> >", DTS_MAP_CHANGED, ">>", BYTES},
	{MY, DTS_MAP_WORDS, "\\&^|~", DTS_MAP_CHANGED, NULL, BYTES},
	{MY, DTS_MAP_WORDS, "REGEXP|RLIKE", DTS_MAP_CHANGED, NULL, REGEXP},
	{MY, DTS_MAP_WORDS, "_gb18030 $", DTS_MAP_REFUSED, NULL, "write the text in utf8mb4"},
	{MY, DTS_MAP_WORDS, "MEMBER OF ~", DTS_MAP_REFUSED, NULL, "take JSON_CONTAINS()"},
	{MY, DTS_MAP_WORDS, "AS JSON )", DTS_MAP_REFUSED, NULL, "its documents are texts: leave the CAST out where that will do"},
	{MY, DTS_MAP_WORDS, "AS YEAR|POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION )", DTS_MAP_REFUSED, NULL,
	 "no value can be made that type with CAST"},
	{MY, DTS_MAP_WORDS, "AS REAL )", DTS_MAP_SAME, "AS DOUBLE)"},
	{MY, DTS_MAP_WORDS, "AT TIME ZONE", DTS_MAP_REFUSED, NULL, "take CONVERT_TZ()"},
	{MY, DTS_MAP_WORDS, "FOR SHARE", DTS_MAP_SAME, "LOCK IN SHARE MODE"},
	{MY, DTS_MAP_WORDS, "LATERAL (", DTS_MAP_REFUSED, NULL, "join with a query that does not name the other tables"},
	{MY, DTS_MAP_WORDS, "VALUES ROW", DTS_MAP_REFUSED, NULL, "its columns have other names: write SELECT ... UNION ALL"},
	{MY, DTS_MAP_WORDS, "RETURNING", DTS_MAP_REFUSED, NULL, "take CAST(JSON_VALUE(...) AS ...)"},
	{MY, DTS_MAP_WORDS, "LANGUAGE JAVASCRIPT", DTS_MAP_REFUSED, NULL, "write the program in SQL"},
	{MY, DTS_MAP_WORDS, "DISABLE ON REPLICA", DTS_MAP_SAME, "DISABLE ON SLAVE"},
	{MY, DTS_MAP_WORDS, "`information_schema|`performance_schema|`mysql|`sys .", DTS_MAP_CHANGED, NULL, "the server's own tables are others there"},
	{MA, DTS_MAP_WORDS, "AS TIME|DATETIME ~? )", DTS_MAP_CHANGED, NULL, ROUNDS, NULL, 0, DTS_MAP_ROUNDS},
	{MA, DTS_MAP_WORDS, "AS CHAR ~? CHARSET utf8mb4", DTS_MAP_CHANGED, NULL, CONVERTED},
	{MA, DTS_MAP_WORDS, "AS CHAR ~? CHARACTER SET utf8mb4", DTS_MAP_CHANGED, NULL, CONVERTED},
	{MA, DTS_MAP_WORDS, "USING utf8mb4", DTS_MAP_CHANGED, NULL, CONVERTED},
	{MA, DTS_MAP_WORDS, "& &", DTS_MAP_SAME, "&&"},
	{MA, DTS_MAP_WORDS, "\\| \\|", DTS_MAP_SAME, "||"},
	{MA, DTS_MAP_WORDS, "< <", DTS_MAP_CHANGED, "<<", BYTES},
	{MA, DTS_MAP_WORDS, "> >", DTS_MAP_CHANGED, ">>", BYTES},
	{MA, DTS_MAP_WORDS, "\\&^|~", DTS_MAP_CHANGED, NULL, BYTES},
	{MA, DTS_MAP_WORDS, "REGEXP|RLIKE", DTS_MAP_CHANGED, NULL, REGEXP},
	{MA, DTS_MAP_WORDS, "NEXT|PREVIOUS VALUE FOR", DTS_MAP_REFUSED, NULL, SEQUENCES},
	{MA, DTS_MAP_WORDS, "FOR SYSTEM_TIME", DTS_MAP_REFUSED, NULL, "it keeps no history of rows"},
	{MA, DTS_MAP_WORDS, "FOR PORTION OF", DTS_MAP_REFUSED},
	{MA, DTS_MAP_WORDS, "ROW? TYPE OF", DTS_MAP_REFUSED, NULL, "write the column's type"},
	{MA, DTS_MAP_WORDS, "EXECUTE IMMEDIATE", DTS_MAP_REFUSED, NULL, "take PREPARE, EXECUTE and DEALLOCATE PREPARE"},
	{MA, DTS_MAP_WORDS, "FOR % IN", DTS_MAP_REFUSED, NULL, "take WHILE, or a cursor"},
	{MA, DTS_MAP_WORDS, "RETURNING", DTS_MAP_REFUSED, NULL, "SELECT the rows before, in the same transaction"},
	{MA, DTS_MAP_WORDS, "ROWS EXAMINED", DTS_MAP_REFUSED},
	{MA, DTS_MAP_WORDS, "FETCH FIRST|NEXT #? ROW|ROWS", DTS_MAP_REFUSED, NULL, "take LIMIT"},
	{MA, DTS_MAP_WORDS, "SET STATEMENT", DTS_MAP_REFUSED, NULL, "set the variable before and after"},
	{MA, DTS_MAP_WORDS, "CURSOR (", DTS_MAP_REFUSED, NULL, "take variables in the place of the cursor's parameters"},
	{MA, DTS_MAP_WORDS, "AS UUID )", DTS_MAP_CHANGED, "AS CHAR(36))", "it is a text there, checked by nobody"},
	{MA, DTS_MAP_WORDS, "AS INET4|INET6 )", DTS_MAP_REFUSED, NULL, "take INET_ATON() or INET6_ATON()"},
	{MA, DTS_MAP_WORDS, "DISABLE ON SLAVE", DTS_MAP_SAME, "DISABLE ON REPLICA"},
	{MA, DTS_MAP_WORDS, "`information_schema|`performance_schema|`mysql|`sys .", DTS_MAP_CHANGED, NULL, "the server's own tables are others there"},
	{0},
};
/* clang-format on */

static bool word_matches(const char *p, size_t len, struct dts_slice text, struct dts_slice *tail)
{
	const char *star = memchr(p, '*', len);
	size_t head = star ? (size_t)(star - p) : len, rest = star ? len - head - 1 : 0;

	if (star && memchr(star + 1, '*', rest)) /* *_nopad_*: the middle must be there */
		return memmem(text.p, text.len, star + 1, rest - 1) != NULL;
	if (star ? text.len <= head + rest : text.len != len)
		return false;
	if (strncasecmp(p, text.p, head) != 0 || (star && strncasecmp(star + 1, text.p + text.len - rest, rest) != 0))
		return false;
	if (tail && star)
		*tail = dts_slice(text.p + head, text.len - head - rest);
	return true;
}

bool dts_mapping_word(struct dts_slice pattern, struct dts_slice text, struct dts_slice *tail)
{
	const char *p = pattern.p, *end = p + pattern.len;

	while (p < end) {
		const char *bar = memchr(p, '|', (size_t)(end - p));
		const char *stop = bar ? bar : end;
		if (word_matches(p, (size_t)(stop - p), text, tail))
			return true;
		p = stop + 1;
	}
	return false;
}

const struct dts_mapping *dts_mapping_find(enum dts_family from, enum dts_map_place place, struct dts_slice word, int args,
					   struct dts_slice *tail)
{
	for (const struct dts_mapping *m = dts_mappings; m->words; m++)
		if (m->from == from && m->place == place && m->rule == DTS_MAP_BY_WORDS && (m->args == 0 || m->args == args) &&
		    dts_mapping_word(dts_slice_of(m->words), word, tail))
			return m;
	return NULL;
}

const struct dts_mapping *dts_mapping_of_rule(enum dts_family from, enum dts_map_rule rule)
{
	for (const struct dts_mapping *m = dts_mappings; m->words; m++)
		if (m->from == from && m->rule == rule)
			return m;
	return NULL;
}

void dts_mapping_name(const struct dts_mapping *m, struct dts_buf *out)
{
	static const char *const places[DTS_MAP_PLACES] = {"database", "object", "charset", "collation", "type", "column", "key",
							    "option", "partition", "function", "words"};

	dts_buf_addf(out, "%s %s %s", m->from == DTS_MARIADB ? "mariadb" : "mysql", places[m->place], m->words);
	if (m->args > 0)
		dts_buf_addf(out, "/%d", m->args);
}
