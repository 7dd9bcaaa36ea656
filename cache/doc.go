// Package cache keeps tokens in files and renews them, so that any number of short-lived processes
// can share one login at a domain that accepts each refresh token exactly once.
//
// It knows no protocol and no OAuth: a Renewal is handed in, and only the digest of a key names what
// the tokens are for. There is no Get beside Token, so no caller can read, renew and write in the
// wrong order.
//
// # Files
//
// All files of a key lie in one folder, closed to others. KEY.json holds the tokens and is only ever
// replaced by rename, so a reader needs no lock and sees the old token or the new one. KEY.lock is
// made once and never deleted. KEY.state says what is being sent, what failed and how long to keep
// quiet. KEY.new is the room for a successor, there only while a token is being renewed, or after a
// crash. KEY.bad-TIME is a token file that could not be read as one; nothing is ever deleted because it
// can't be read. KEY.json, KEY.state and KEY.new are framed: they hold their own length and checksum (frame.go).
//
// # Locking
//
// A fresh token costs no lock. What renews a token holds the lock from a second look at the files to
// the durable successor. The lock is the kernel's (flock), so it ends with its process and there is
// no age or pid by which it is broken. It counts only while its file is the one that others find
// under the same name, which is asked again after the intent is written: should the file be deleted,
// the next holder finds the intent of a living process and keeps off. Those who wait read the files
// between their tries and answer with the holder's success or failure, side by side.
//
// How long a call waits depends on what it holds: with life enough left it doesn't wait at all, with
// little it waits 5 s and answers the token that still lives, with none it waits 15 s.
//
// # Crashes
//
// A refresh token is sent only when the room for its successor is on the disk, the threads, descriptors
// and memory that storing it takes are had, 8 s are left for the answer, and an intent that names it by
// digest is written and synced. From then on the process ignores every signal that can be ignored, and its time is counted in ticks that it really ran, so that a stopped process still
// takes the answer that waits for it. A process that is killed leaves one of three things, and the
// next one finds out which: a whole successor, which is renamed; an intent, which means that the
// token may be spent, so it is presented once more and the answer settles it; or nothing.
// Only what is missing or has proved worthless is deleted: a KEY.new that can't be read now is the next
// call's, and one that can't be renamed is served from where it lies.
// No log can recover a secret that existed only in a lost answer; therefore the gap is kept short.
//
// # Sealed files
//
// A token file may be closed by a key of the kernel's keyring (box.go). Each file says for itself how it is
// written, and a refresh writes its successor in the form of what it replaces; only a login, a first grant and
// Reseal write the configured one. The key of the successor is had before anything is spent. A key that can't
// be had now leaves everything as it is; one that is gone makes a login needed. Neither is ever taken for
// "nothing is stored".
//
// # Failures
//
// A failure is written down with a pause, so that the processes of a machine try once and all of
// them say the same. No failure deletes a refresh token: a refused one is marked by its digest, and a
// newer one on the disk is never touched by what happened to an older one.
//
// # Clocks
//
// A life is counted from the moment before the request was sent, by the wall clock and by the boot
// clock, and the one that says more time has passed counts: so a clock that is set back makes no
// dead token look alive, and one that jumps ahead costs one needless refresh.
//
// # Many machines
//
// A token falls due at a moment of its own, drawn from its digest, in the second half of its life: so all
// processes of a machine agree on it, and machines that logged in together don't come back together. The
// arithmetic is cache/policy's, and bench/herd shows what it does to a domain's limits.
//
// # Other machines
//
// On a file system that may be shared with other machines, each machine has files of its own, since
// locks can be no-ops there. A folder that was copied, from another machine or on this one, answers the
// access token while it lives and never sends the refresh token: KEY.json says on which machine it was
// written, and which inode number it has itself, which a rename keeps and a copy doesn't.
package cache
