/*
 * Which character set a collation's number belongs to.
 *
 * From information_schema.COLLATION_CHARACTER_SET_APPLICABILITY of MariaDB
 * 10.11 and 11.8 (which adds 579 and 611) and INFORMATION_SCHEMA.COLLATIONS of
 * MySQL 9.7 (76, 248 to 250 and 255 to 323); t/types.bats asks the servers of the
 * day. The two give no number two meanings.
 */
#include "charset/charset.h"

static const struct {
	unsigned short first, last;
	const char *charset;
} ranges[] = {
	{1, 1, "big5"}, {2, 2, "latin2"}, {3, 3, "dec8"}, {4, 4, "cp850"},
	{5, 5, "latin1"}, {6, 6, "hp8"}, {7, 7, "koi8r"}, {8, 8, "latin1"},
	{9, 9, "latin2"}, {10, 10, "swe7"}, {11, 11, "ascii"}, {12, 12, "ujis"},
	{13, 13, "sjis"}, {14, 14, "cp1251"}, {15, 15, "latin1"}, {16, 16, "hebrew"},
	{18, 18, "tis620"}, {19, 19, "euckr"}, {20, 20, "latin7"}, {21, 21, "latin2"},
	{22, 22, "koi8u"}, {23, 23, "cp1251"}, {24, 24, "gb2312"}, {25, 25, "greek"},
	{26, 26, "cp1250"}, {27, 27, "latin2"}, {28, 28, "gbk"}, {29, 29, "cp1257"},
	{30, 30, "latin5"}, {31, 31, "latin1"}, {32, 32, "armscii8"},
	{33, 33, "utf8mb3"}, {34, 34, "cp1250"}, {35, 35, "ucs2"}, {36, 36, "cp866"},
	{37, 37, "keybcs2"}, {38, 38, "macce"}, {39, 39, "macroman"},
	{40, 40, "cp852"}, {41, 42, "latin7"}, {43, 43, "macce"}, {44, 44, "cp1250"},
	{45, 46, "utf8mb4"}, {47, 49, "latin1"}, {50, 52, "cp1251"},
	{53, 53, "macroman"}, {54, 55, "utf16"}, {56, 56, "utf16le"},
	{57, 57, "cp1256"}, {58, 59, "cp1257"}, {60, 61, "utf32"},
	{62, 62, "utf16le"}, {63, 63, "binary"}, {64, 64, "armscii8"},
	{65, 65, "ascii"}, {66, 66, "cp1250"}, {67, 67, "cp1256"}, {68, 68, "cp866"},
	{69, 69, "dec8"}, {70, 70, "greek"}, {71, 71, "hebrew"}, {72, 72, "hp8"},
	{73, 73, "keybcs2"}, {74, 74, "koi8r"}, {75, 75, "koi8u"},
	{76, 76, "utf8mb3"}, {77, 77, "latin2"}, {78, 78, "latin5"},
	{79, 79, "latin7"}, {80, 80, "cp850"}, {81, 81, "cp852"}, {82, 82, "swe7"},
	{83, 83, "utf8mb3"}, {84, 84, "big5"}, {85, 85, "euckr"}, {86, 86, "gb2312"},
	{87, 87, "gbk"}, {88, 88, "sjis"}, {89, 89, "tis620"}, {90, 90, "ucs2"},
	{91, 91, "ujis"}, {92, 93, "geostd8"}, {94, 94, "latin1"}, {95, 96, "cp932"},
	{97, 98, "eucjpms"}, {99, 99, "cp1250"}, {101, 124, "utf16"},
	{128, 151, "ucs2"}, {159, 159, "ucs2"}, {160, 183, "utf32"},
	{192, 215, "utf8mb3"}, {223, 223, "utf8mb3"}, {224, 247, "utf8mb4"},
	{248, 250, "gb18030"}, {255, 323, "utf8mb4"}, {576, 579, "utf8mb3"},
	{608, 611, "utf8mb4"}, {640, 642, "ucs2"}, {672, 674, "utf16"},
	{736, 738, "utf32"},
};

static const char *base_charset(unsigned id)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (id < ranges[mid].first)
			high = mid;
		else if (id > ranges[mid].last)
			low = mid + 1;
		else
			return ranges[mid].charset;
	}
	return NULL;
}

/*
 * MariaDB numbers a NOPAD collation 1024 above the one that pads, and gives
 * 256 numbers from 2048 on to the uca1400 collations of each Unicode set.
 */
const struct dts_charset *dts_charset_of_collation_id(unsigned id)
{
	static const char *const uca1400[] = {"utf8mb3", "utf8mb4", "ucs2", "utf16", "utf32"};
	const char *name = NULL;

	if (id < 1024)
		name = base_charset(id);
	else if (id < 2048)
		name = base_charset(id - 1024);
	else if (id < 2048 + 5 * 256)
		name = uca1400[(id - 2048) / 256];
	return name ? dts_charset_find(dts_slice_of(name)) : NULL;
}
