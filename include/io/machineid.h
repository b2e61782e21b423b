/* SPDX-License-Identifier: ISC
 *
 * machineid - reads the machine's id (machine-id(5)).
 */
#ifndef IO_MACHINEID_H
#define IO_MACHINEID_H

#include <stdbool.h>
#include <stdint.h>

/* false: there is none, or none yet ("uninitialized" during the first boot). */
bool machineid_read(const char *path, uint8_t id[16]);

#endif
