#include "base/spill.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* An entry as stored: this, then the text. */
struct stored {
	uint64_t line, n, len;
};

enum { WRITE_SIZE = 1024 * 1024 };

void dts_spill_release(struct dts_spill *s)
{
	if (s->file_open)
		close(s->fd);
	dts_buf_release(&s->head);
	dts_buf_release(&s->tail);
	dts_buf_release(&s->entry);
	*s = (struct dts_spill){.limit = s->limit};
}

void dts_spill_clear(struct dts_spill *s)
{
	if (s->file_open)
		close(s->fd);
	s->file_open = false;
	s->file_size = 0;
	dts_buf_clear(&s->head);
	dts_buf_clear(&s->tail);
}

uint64_t dts_spill_end(const struct dts_spill *s)
{
	return s->head.len + s->file_size + s->tail.len;
}

static int open_file(struct dts_spill *s, struct dts_error *err)
{
	const char *dir = getenv("TMPDIR");
	struct dts_buf path = {0};

	dts_buf_addf(&path, "%s/dts-XXXXXX", dir && *dir ? dir : "/tmp");
	dts_buf_text(&path);
	s->fd = mkostemp(path.data, O_CLOEXEC);
	int rc = s->fd < 0 ? dts_fail_errno(err, "cannot create the temporary file '%s' for a large transaction", path.data) : 0;
	if (rc == 0)
		unlink(path.data);
	s->file_open = rc == 0;
	dts_buf_release(&path);
	return rc;
}

static int write_tail(struct dts_spill *s, struct dts_error *err)
{
	size_t done = 0;

	if (!s->file_open && open_file(s, err) < 0)
		return -1;
	while (done < s->tail.len) {
		ssize_t n = pwrite(s->fd, s->tail.data + done, s->tail.len - done, (off_t)(s->file_size + done));
		if (n < 0) {
			dts_fail_errno(err, "cannot write the temporary file of a large transaction");
			return dts_hint(err, "TMPDIR chooses another directory");
		}
		done += (size_t)n;
	}
	s->file_size += s->tail.len;
	dts_buf_clear(&s->tail);
	return 0;
}

int dts_spill_add(struct dts_spill *s, const struct dts_spill_entry *e, struct dts_error *err)
{
	struct stored header = {e->line, e->n, e->text.len};
	bool beyond = s->file_open || s->tail.len > 0 || s->head.len + sizeof header + e->text.len > s->limit;
	struct dts_buf *to = beyond ? &s->tail : &s->head;

	dts_buf_add(to, &header, sizeof header);
	dts_buf_add_slice(to, e->text);
	return s->tail.len >= WRITE_SIZE ? write_tail(s, err) : 0;
}

static int read_file(struct dts_spill *s, uint64_t at, void *to, size_t len, struct dts_error *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(s->fd, (char *)to + done, len - done, (off_t)(at + done));
		if (n <= 0)
			return dts_fail_errno(err, "cannot read the temporary file of a large transaction");
		done += (size_t)n;
	}
	return 0;
}

int dts_spill_read(struct dts_spill *s, uint64_t *at, struct dts_spill_entry *e, struct dts_error *err)
{
	struct stored header;
	uint64_t start = *at;

	if (start < s->head.len) {
		memcpy(&header, s->head.data + start, sizeof header);
		e->text = dts_slice(s->head.data + start + sizeof header, header.len);
	} else if (start < s->head.len + s->file_size) {
		uint64_t in_file = start - s->head.len;
		if (read_file(s, in_file, &header, sizeof header, err) < 0)
			return -1;
		dts_buf_clear(&s->entry);
		dts_buf_reserve(&s->entry, header.len);
		if (read_file(s, in_file + sizeof header, s->entry.data, header.len, err) < 0)
			return -1;
		e->text = dts_slice(s->entry.data, header.len);
	} else {
		const char *p = s->tail.data + (start - s->head.len - s->file_size);
		memcpy(&header, p, sizeof header);
		e->text = dts_slice(p + sizeof header, header.len);
	}
	e->line = header.line;
	e->n = header.n;
	*at = start + sizeof header + header.len;
	return 0;
}

int dts_spill_truncate(struct dts_spill *s, uint64_t at, struct dts_error *err)
{
	if (at <= s->head.len) {
		s->head.len = at;
		if (s->file_open)
			close(s->fd);
		s->file_open = false;
		s->file_size = 0;
		dts_buf_clear(&s->tail);
		return 0;
	}
	if (at < s->head.len + s->file_size) {
		s->file_size = at - s->head.len;
		dts_buf_clear(&s->tail);
		if (ftruncate(s->fd, (off_t)s->file_size) < 0)
			return dts_fail_errno(err, "cannot cut the temporary file of a large transaction");
		return 0;
	}
	s->tail.len = at - s->head.len - s->file_size;
	return 0;
}
