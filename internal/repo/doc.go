// Package repo holds the tests about the repository itself: which package may
// import which, what a connector's folder holds, that every package says what
// it is for, that files stay short, and that nothing names the machine it was
// written on.
//
// They read the source files as they lie in the working tree, whatever their
// build tags, and start no other program. The package exports nothing and is
// imported by nothing.
package repo
