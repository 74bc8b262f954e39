package secrecy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strconv"

	"github.com/maillage/maillage/geodata"
)

// MaxNoise is the most that what is told of a group differs from the whole number
// that was counted there; of a commune it is half of it.
const MaxNoise = 4 * geodata.Unit

// noise[k] is how many in 256 keys give a perturbation of k-2: symmetric, with a
// standard deviation of 1.1.
var noise = [5]int{24, 60, 88, 60, 24}

// perturbation looks a key up in the table of noise, by its mixed bits.
func perturbation(key uint64) geodata.Amount {
	hi, lo := bits.Mul64(key^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	at := int((hi ^ lo) >> 56)
	for k, n := range noise {
		if at -= n; at < 0 {
			return geodata.Amount(k - len(noise)/2)
		}
	}
	panic("secrecy: the table of noise does not add up to 256")
}

// keys are those of a population: of its cells and, of the same year, its columns.
type keys struct {
	cells   []uint64
	columns []uint64
}

func keysOf(p *geodata.Population) (k keys) {
	mac := hmac.New(sha256.New, []byte(p.Rule.Key))
	key := func(kind, name string) uint64 {
		mac.Reset()
		mac.Write([]byte(kind + "\x00" + name)) //nolint:errcheck // a hash never fails
		return binary.LittleEndian.Uint64(mac.Sum(nil))
	}
	for _, c := range p.Cells {
		k.cells = append(k.cells, key("cell", c.ID))
	}
	for _, c := range p.Columns {
		k.columns = append(k.columns, key("column "+strconv.Itoa(p.Vintage), c.Name))
	}
	return k
}
