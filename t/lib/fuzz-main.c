/* A main for the fuzz targets where there is no libFuzzer: runs each file named
 * on the command line once, or stdin without one. It searches for nothing; it
 * repeats what a fuzzer found before. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_stream(FILE *in, const char *name)
{
	uint8_t *data = NULL;
	size_t size = 0, room = 0, got;

	do {
		if (size == room) {
			uint8_t *more = realloc(data, room = room * 2 + 4096);

			if (!more) {
				free(data);
				return -1;
			}
			data = more;
		}
		got = fread(data + size, 1, room - size, in);
		size += got;
	} while (got);
	if (ferror(in)) {
		perror(name);
		free(data);
		return -1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		return run_stream(stdin, "stdin") ? 1 : 0;
	for (int i = 1; i < argc; i++) {
		FILE *in;

		if (argv[i][0] == '-') /* an option of libFuzzer's */
			continue;
		in = fopen(argv[i], "rb");
		if (!in) {
			perror(argv[i]);
			failed = 1;
			continue;
		}
		if (run_stream(in, argv[i]))
			failed = 1;
		fclose(in);
	}
	return failed;
}
