#include "apply/policy.h"

#include <stdlib.h>

static const char *const kinds[] = {"missing", "changed", "duplicate", "foreign", "data"};
static const char *const hows[] = {"stop", "overwrite", "ignore", "reject"};

const char *dts_conflict_kind_name(enum dts_conflict_kind kind)
{
	return kinds[kind];
}

void dts_conflict_policy_release(struct dts_conflict_policy *p)
{
	free(p->file);
	*p = (struct dts_conflict_policy){0};
}

static int find(const char *const *names, size_t count, struct dts_slice name)
{
	for (size_t i = 0; i < count; i++)
		if (dts_slice_is(name, names[i]))
			return (int)i;
	return -1;
}

static int wrong(struct dts_slice word, struct dts_error *err)
{
	dts_fail(err, DTS_USAGE, "--on-conflict=%.*s: not understood", (int)word.len, word.p);
	return dts_hint(err, "write KIND:HOW, as in missing:ignore,duplicate:overwrite,data:reject=FILE; kinds are missing, changed, "
			     "duplicate, foreign and data, and HOW is stop, overwrite, ignore or reject=FILE");
}

/* The part of `*text` before the separator; `*text` is left behind it. */
static struct dts_slice cut(struct dts_slice *text, char separator)
{
	const char *at = memchr(text->p, separator, text->len);
	struct dts_slice part = dts_slice(text->p, at ? (size_t)(at - text->p) : text->len);
	size_t taken = part.len + (at != NULL);

	*text = dts_slice(text->p + taken, text->len - taken);
	return part;
}

/* reject=FILE */
static int set_file(struct dts_conflict_policy *p, struct dts_slice file, struct dts_slice word, struct dts_error *err)
{
	if (file.len == 0)
		return wrong(word, err);
	if (p->file && !dts_slice_is(file, p->file))
		return dts_fail(err, DTS_USAGE, "--on-conflict: rejected changes go to one file, not to '%s' and '%.*s'", p->file,
				(int)file.len, file.p);
	if (!p->file)
		p->file = dts_slice_dup(file);
	return 0;
}

static int parse_word(struct dts_conflict_policy *p, struct dts_slice word, struct dts_error *err)
{
	struct dts_slice rest = word, value = word;
	struct dts_slice name = cut(&value, '=');
	bool has_file = name.len < word.len;
	int kind = -1;

	if (memchr(name.p, ':', name.len)) {
		kind = find(kinds, DTS_CONFLICT_KINDS, cut(&rest, ':'));
		if (kind < 0)
			return wrong(word, err);
		name = dts_slice(rest.p, (size_t)(name.p + name.len - rest.p));
	}
	int how = find(hows, sizeof hows / sizeof *hows, name);
	if (how < 0 || (has_file && how != DTS_HOW_REJECT))
		return wrong(word, err);
	if (has_file && set_file(p, value, word, err) < 0)
		return -1;
	if (kind >= 0 && how == DTS_HOW_OVERWRITE && !dts_conflict_overwrites((enum dts_conflict_kind)kind)) {
		dts_fail(err, DTS_USAGE, "--on-conflict=%s:overwrite: there is nothing to overwrite", kinds[kind]);
		return dts_hint(err, "choose stop, ignore or reject=FILE");
	}
	/* All that can be: the others go on as they were. */
	for (int k = 0; k < DTS_CONFLICT_KINDS; k++)
		if (kind >= 0 ? k == kind : how != DTS_HOW_OVERWRITE || dts_conflict_overwrites((enum dts_conflict_kind)k))
			p->how[k] = (enum dts_conflict_how)how;
	return 0;
}

int dts_conflict_policy_parse(struct dts_conflict_policy *p, const struct dts_list *words, struct dts_error *err)
{
	bool rejects = false;

	for (size_t i = 0; i < words->count; i++) {
		struct dts_slice text = dts_slice_of(words->items[i]);
		do {
			if (parse_word(p, cut(&text, ','), err) < 0)
				return -1;
		} while (text.len > 0);
	}
	for (int k = 0; k < DTS_CONFLICT_KINDS; k++) {
		p->lenient |= p->how[k] != DTS_HOW_STOP;
		rejects |= p->how[k] == DTS_HOW_REJECT;
	}
	if (!rejects) { /* a later word has taken it back */
		free(p->file);
		p->file = NULL;
	}
	return rejects && !p->file ? dts_fail(err, DTS_USAGE, "--on-conflict: reject=FILE names the file for rejected changes") : 0;
}
