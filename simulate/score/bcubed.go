package score

import "math"

// BCubed are the means over events of B-cubed precision and recall, and their
// harmonic mean, 0 to 1.
type BCubed struct {
	Events    int     `json:"events"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// item is an event with its clusters. Equal names are the same cluster; ""
// is a cluster of its own.
type item struct{ truth, predicted string }

// bcubed compares two clusterings of the same items. counts says over which
// items the means run; nil means all.
func bcubed(items []item, counts func(item) bool) BCubed {
	truths, predictions, both := map[string]int{}, map[string]int{}, map[item]int{}
	for _, i := range items {
		truths[i.truth]++
		predictions[i.predicted]++
		both[i]++
	}
	var b BCubed
	for _, i := range items {
		if counts != nil && !counts(i) {
			continue
		}
		common := float64(both[i])
		if i.truth == "" || i.predicted == "" {
			common = 1
		}
		b.Events++
		b.Precision += common / size(predictions, i.predicted)
		b.Recall += common / size(truths, i.truth)
	}
	if b.Events == 0 {
		return b
	}
	b.Precision = rounded(b.Precision / float64(b.Events))
	b.Recall = rounded(b.Recall / float64(b.Events))
	if sum := b.Precision + b.Recall; sum > 0 {
		b.F1 = rounded(2 * b.Precision * b.Recall / sum)
	}
	return b
}

func size(clusters map[string]int, name string) float64 {
	if name == "" {
		return 1
	}
	return float64(clusters[name])
}

// rounded keeps six decimals, so that two processors print the same.
func rounded(x float64) float64 { return math.Round(x*1e6) / 1e6 }
