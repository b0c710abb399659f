//go:build race

package app

// defaultSeeds are few: one goroutine has no races, and the detector is slow.
const defaultSeeds = 10
