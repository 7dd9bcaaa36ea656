#include "textflag.h"

// func startIdle(flags uintptr, sleep *unix.Timespec) (pid int)
TEXT ·startIdle(SB), NOSPLIT, $0-24
	MOVD	flags+0(FP), R0
	MOVD	sleep+8(FP), R9
	MOVD	$0, R1		// the stack: the parent's, unused
	MOVD	$0, R2
	MOVD	$0, R3
	MOVD	$0, R4
	MOVD	$220, R8	// clone
	SVC
	CBZ	R0, child
	MOVD	R0, pid+16(FP)
	RET
child:
	MOVD	R9, R0
	MOVD	$0, R1
	MOVD	$101, R8	// nanosleep
	SVC
	MOVD	$0, R0
	MOVD	$94, R8		// exit_group
	SVC
	B	child
