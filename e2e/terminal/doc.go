// Package terminal runs the program as a person has it before them: in a terminal (tmux), typed into
// a shell, its screen read back. What a pipe can't show is tested here: questions without echo, what
// Ctrl-C leaves behind, lines that live, colours, a QR code that a reader reads.
package terminal
