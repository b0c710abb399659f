//go:build !race

package app

// defaultSeeds take about 20 s.
const defaultSeeds = 200
