// Package cache keeps tokens in files and renews them, so that any number of short-lived processes
// can share one login at a domain that accepts each refresh token exactly once.
//
// It contains no protocol and no OAuth: the caller passes a Renewal, and the files are named by a digest
// (Key). There is no Get beside Token, so no caller can read, renew and write in the wrong order.
//
// # Files
//
// All files of a key lie in one folder, closed to others. KEY.json holds the tokens and is only ever
// replaced by rename, so a reader needs no lock and sees the old token or the new one. KEY.lock is
// made once and never deleted. KEY.state records what is being sent, what failed, and until when nobody
// sends anything. KEY.new reserves room on the disk for the successor: it exists only while a token is
// renewed, or after a crash. KEY.bad-TIME is a damaged token file: nothing is deleted because it can't be
// read. KEY.json, KEY.state and KEY.new are framed: they hold their own length and checksum (frame.go).
//
// # Locking
//
// A fresh token is read without the lock. A renewal holds the lock from a second look at the files until
// the successor is durable. The lock is the kernel's (flock): it ends with its process, so no stale lock
// has to be broken by its age or its pid. A lock counts only while its file is the one that others find
// under the same name, and this is checked again after the intent is written. If somebody deletes the
// file, the next holder finds the intent of a living process and sends nothing. Waiting processes read
// the files between their attempts to lock, and answer with the holder's success or failure all at once.
//
// How long a call waits for the lock depends on the stored token: not at all if it has life enough left,
// 5 s if it has little (then that token is the answer), 15 s if it is dead.
//
// # Crashes
//
// A refresh token is sent only when
//   - the room for its successor is on the disk;
//   - the process has the threads, descriptors and memory that storing the successor takes;
//   - 8 s are left for the answer;
//   - an intent, which holds the refresh token's digest, is written and synced.
//
// From then on the process ignores every signal that can be ignored. Its time limit counts only the time
// in which it really ran, so a process that was stopped still reads the answer that waits for it.
//
// A killed process leaves one of three things. A whole successor: the next call renames it. An intent:
// the token may be spent, so the next call presents it once more, and the answer decides. Or nothing.
// A KEY.new is deleted only if it is certainly worthless. One that can't be read now is left for the next
// call, and one that can't be renamed is used from where it is.
//
// If an answer is lost, no log can recover the refresh token in it. So the time between sending and
// saving is kept short.
//
// # Sealed files
//
// A token file may be encrypted with a key that the kernel's keyring or the desktop's holds (box.go). Each
// file records its own form, and a refresh writes the successor in the form of the file that it replaces.
// Only a login, a first grant and Reseal write the configured form. The successor's key is in memory before
// anything is spent. If a key can't be read now, nothing changes; if it is gone, a login is needed. Neither
// counts as "nothing is stored".
//
// # Failures
//
// A failure is recorded with a pause, so that the processes of a machine try once and all report the same
// error. No failure deletes a refresh token. One that the domain refused is marked by its digest, so the
// mark says nothing about a newer token on the disk.
//
// # Clocks
//
// A token's age is the time since just before its request was sent, by the wall clock or by the boot
// clock, whichever shows more. So a clock that is set back makes no dead token look alive, and one that
// jumps ahead costs one needless refresh.
//
// # Many machines
//
// A token is due for a refresh at a time in the second half of its life that is drawn from the digest of
// the token. So all processes of a machine agree on it, and machines that logged in together don't refresh
// together. The arithmetic is cache/policy's; bench/herd shows its effect on a domain's rate limits.
//
// # Other machines
//
// On a file system that may be shared with other machines, each machine has files of its own, because
// locks may do nothing there. From a folder that was copied, from another machine or on this one, the
// access token is answered while it lives, and the refresh token is never sent. To tell a copy, KEY.json
// records the machine that wrote it and its own inode number, which a rename keeps and a copy doesn't.
package cache
