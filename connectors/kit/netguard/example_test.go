package netguard_test

import (
	"fmt"

	"github.com/openiroom/iroom/connectors/kit/netguard"
)

func ExampleNew() {
	client := netguard.New(netguard.Options{AllowHosts: []string{"feeds.example.org", "*.meteo.example"}})
	_, err := client.Get("https://intranet.example/feed")
	fmt.Println(err)
	// Output: Get "https://intranet.example/feed": the host "intranet.example" is not on the allow-list; add it to allow_hosts if the room may ask it
}
