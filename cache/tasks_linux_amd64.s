#include "textflag.h"

// func startIdle(flags uintptr, sleep *unix.Timespec) (pid int)
TEXT ·startIdle(SB), NOSPLIT, $0-24
	MOVQ	flags+0(FP), DI
	MOVQ	sleep+8(FP), R12
	MOVQ	$0, SI		// the stack: the parent's, unused
	MOVQ	$0, DX
	MOVQ	$0, R10
	MOVQ	$0, R8
	MOVQ	$56, AX		// clone
	SYSCALL
	CMPQ	AX, $0
	JEQ	child
	MOVQ	AX, pid+16(FP)
	RET
child:
	MOVQ	R12, DI
	MOVQ	$0, SI
	MOVQ	$35, AX		// nanosleep
	SYSCALL
	MOVQ	$0, DI
	MOVQ	$231, AX	// exit_group
	SYSCALL
	JMP	child
