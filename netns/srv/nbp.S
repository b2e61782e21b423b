/* SPDX-License-Identifier: ISC
 *
 * The boot file of the BIOS clients of the boot tests: it prints on COM1 which
 * server it came from, then stops.  PXE loads it at 0000:7c00 in real mode.  mknbp
 * builds one for each server, with NAME defined.  It calls nothing in the ROM, so
 * the line that it prints proves only that these bytes ran.
 */
	.code16
	.text
	.globl	_start
_start:
	cli
	cld
	ljmp	$0, $1f
1:	xorw	%ax, %ax
	movw	%ax, %ds
	movw	$marker, %si
next:	lodsb
	testb	%al, %al
	jz	done
	movb	%al, %bl
	movw	$0x3fd, %dx
wait:	inb	%dx, %al		/* line status: transmitter empty? */
	testb	$0x20, %al
	jz	wait
	movb	%bl, %al
	movw	$0x3f8, %dx
	outb	%al, %dx
	jmp	next
done:	hlt				/* costs the host no time under TCG */
	jmp	done
marker:	.asciz	"\r\n*** booted from " NAME " as bios ***\r\n"
