/* SPDX-License-Identifier: ISC
 *
 * The boot file of the BIOS clients of the boot tests: says on COM1 from which
 * server it came, then stops.  PXE loads it at 0000:7c00 in real mode.  mknbp
 * builds one per server with NAME defined; nothing of the ROM is used, so that
 * the marker proves one thing only: these bytes ran.
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
