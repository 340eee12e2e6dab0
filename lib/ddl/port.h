#ifndef DTS_DDL_PORT_H
#define DTS_DDL_PORT_H

#include "ddl/ddl.h"

/* What becomes of a statement's text on its way to another server, whoever sends it. */

/* Is there a comment in the text that some server takes for SQL? */
bool dts_ddl_has_executable(struct dts_slice sql, unsigned flags);

/*
 * Appends the statement with what the server of this version (90704; 0: any) read of
 * executable comments as plain words, and without those that it passed over: another
 * server would choose others of them, and make another table without a word. A plain word that a
 * server does not know is an error. The flags tell MySQL from MariaDB (MySQL 9 Reference Manual,
 * "Comments"; MariaDB Knowledge Base, "Comment Syntax").
 */
void dts_ddl_plain(struct dts_slice sql, unsigned flags, unsigned version, struct dts_buf *out);

/* Appends a CREATE TABLE without its START TRANSACTION (DTS_DDL_STARTS): MySQL writes it to its log
 * for CREATE TABLE ... SELECT, before other options, and takes it from replicas only. */
void dts_ddl_without_start(struct dts_slice sql, unsigned flags, struct dts_buf *out);

/* Does an ALTER TABLE add a column that is NOT NULL, without a DEFAULT, and of a type for
 * which the families fill existing rows with different values: JSON ('null' at MySQL, '' at MariaDB),
 * or for which one refuses what the other fills? */
bool dts_ddl_fills_otherwise(struct dts_slice sql, unsigned flags);

/*
 * Appends a CREATE EVENT with DISABLE in the place of ENABLE, or where neither is written, and an ALTER EVENT that
 * says ENABLE with DISABLE. False: it enables none, and nothing was appended.
 */
bool dts_ddl_disable_event(const struct dts_ddl *d, struct dts_slice sql, unsigned flags, struct dts_buf *out);

#endif
