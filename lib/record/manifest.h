#ifndef DTS_RECORD_MANIFEST_H
#define DTS_RECORD_MANIFEST_H

#include "base/options.h"
#include "record/json.h"

/*
 * What dts-dump --output=DIR keeps of a dump in DIR/manifest (dts-dump(1), FILES): one
 * JSON object a line, which name the stream, what was selected, each run, the
 * definition of each table, each finished file and at last the end. A file that it does
 * not name does not count, and a last line without its newline is not there.
 */
#define DTS_MANIFEST_NAME "manifest"

/* Names and bounds as in the records; texts are the file's own, raw ones are JSON. */
struct dts_manifest_file {
	char *name;        /* in the directory */
	char *db, *table;  /* at the source */
	char *after, *upto; /* raw; NULL: open, as both are in a table without a key */
	uint64_t part;     /* of a table without a key, whose files stand together: the number of its first chunk */
	bool last;         /* the last one of such a table */
	char *id;          /* of the chunk with the highest number */
	uint64_t chunks, rows, records, bytes;
	char *low, *high;  /* raw: positions of its chunks */
};

void dts_manifest_file_release(struct dts_manifest_file *f);

struct dts_manifest_schema {
	char *db, *table;
	char *line; /* its schema record, without newline */
};

struct dts_manifest {
	char *dir;
	char *stream;    /* the stream record of the whole, without newline, as are all lines here */
	char *selection; /* what the command selected: the same again, or it is another dump */
	struct dts_list runs; /* raw positions at which the snapshots of all runs stand */
	struct dts_manifest_schema *schemas;
	size_t schema_count, schema_cap;
	struct dts_manifest_file *files;
	size_t file_count, file_cap;
	char *end; /* the end record; NULL: not complete */
};

/* 1: read; 0: there is none; -1: DTS_BAD_INPUT when it is none of ours. You release it after each. */
int dts_manifest_read(struct dts_manifest *m, const char *dir, struct dts_error *err);
void dts_manifest_release(struct dts_manifest *m);

/* Is each file that it names there, with its size? DTS_BAD_INPUT names the first that is not. */
int dts_manifest_check_files(const struct dts_manifest *m, struct dts_error *err);

/* May a file of this name be one that dts-dump has written: 1; only half of one (.tmp): 2; neither: 0. */
int dts_manifest_is_data_name(const char *name);

/* Append lines, newline included. */
void dts_manifest_add_file(struct dts_buf *out, const struct dts_manifest_file *f);
void dts_manifest_add_run(struct dts_buf *out, struct dts_slice pos);
void dts_manifest_add_all(struct dts_buf *out, const struct dts_manifest *m);

/* Takes all that it has of a table out of it: the files are still to be removed. */
void dts_manifest_drop_table(struct dts_manifest *m, struct dts_slice db, struct dts_slice table);

/* The sums over all files. */
uint64_t dts_manifest_rows(const struct dts_manifest *m);
uint64_t dts_manifest_records(const struct dts_manifest *m);

#endif
