/* SPDX-License-Identifier: ISC
 *
 * The boot file of the UEFI clients of the boot tests: it prints on the console
 * (which is the serial port) which server it came from, then switches the
 * machine off.  mknbp builds one for each server and processor, with NAME and KIND
 * defined.  It needs no headers of UEFI: the few tables that it uses (UEFI 2.10,
 * chapters 4, 8 and 12) are declared here, with padding for the members before
 * those that it uses.
 */
#include <stddef.h>
#include <stdint.h>

#define EFI_RESET_SHUTDOWN 2

#define WIDE2(s) L##s
#define WIDE(s) WIDE2(s)

struct text_out {
	void *reset;
	uint64_t (*output_string)(struct text_out *, const wchar_t *);
};

struct runtime {
	char header[24];
	void *unused[10];
	void (*reset_system)(int, uint64_t, uint64_t, void *);
};

struct system_table {
	char header[24];
	void *vendor;
	uint64_t revision;
	void *in_handle, *in, *out_handle;
	struct text_out *out;
	void *err_handle, *err;
	struct runtime *runtime;
};

uint64_t
efi_main(void *image, struct system_table *st)
{
	(void)image;
	st->out->output_string(st->out, L"\r\n*** booted from " WIDE(NAME)
				       L" as " WIDE(KIND) L" ***\r\n");
	st->runtime->reset_system(EFI_RESET_SHUTDOWN, 0, 0, 0);
	return 0;
}
