package edit

import (
	"bytes"
	"errors"
	"strings"

	"github.com/hashicorp/hcl/hcl/ast"
	"github.com/hashicorp/hcl/hcl/parser"
)

// An HCLBlock is a block or an attribute at the top of an HCL text: its keys and where it is.
type HCLBlock struct {
	Keys []string // decoded
	At   Span     // from the first key to behind the closing brace, or the end of the value
	Set  bool     // KEY = VALUE
}

// Is reports whether the first key is name, in any case, as for Terraform.
func (b HCLBlock) Is(name string) bool { return strings.EqualFold(b.Keys[0], name) }

// ErrNotHCL is returned for a text that isn't HCL 1.
var ErrNotHCL = errors.New("it is not HCL")

// ParseHCL finds the blocks and attributes at the top of a configuration file of Terraform's. Terraform reads it with the
// same library. The library's errors may quote a token, so they aren't returned.
func ParseHCL(b []byte) (blocks []HCLBlock, err error) {
	if LoneCR(b) {
		return nil, ErrNotHCL
	}
	defer func() {
		if recover() != nil { // the parser is old and may panic
			blocks, err = nil, ErrNotHCL
		}
	}()
	// The library's offsets don't count the CR of a line break.
	file, err := parser.Parse(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
	if err != nil {
		return nil, ErrNotHCL
	}
	list, ok := file.Node.(*ast.ObjectList)
	if !ok {
		return nil, ErrNotHCL
	}
	places := offsets(b)
	for _, item := range list.Items {
		block := HCLBlock{Set: item.Assign.IsValid()}
		for _, k := range item.Keys {
			key, ok := k.Token.Value().(string)
			if !ok {
				return nil, ErrNotHCL
			}
			block.Keys = append(block.Keys, key)
		}
		from, to := item.Pos().Offset, end(item.Val)
		if len(block.Keys) == 0 || to <= from || to >= len(places) {
			return nil, ErrNotHCL
		}
		block.At = At(places[from], places[to-1]+1)
		blocks = append(blocks, block)
	}
	return blocks, nil
}

// end is the offset behind a value.
func end(n ast.Node) int {
	switch n := n.(type) {
	case *ast.ObjectType:
		return n.Rbrace.Offset + 1
	case *ast.ListType:
		return n.Rbrack.Offset + 1
	case *ast.LiteralType:
		return n.Token.Pos.Offset + len(n.Token.Text)
	}
	return 0
}

// offsets are the offsets in a text, by those in the same text without CRs.
func offsets(b []byte) []int {
	list := make([]int, 0, len(b)+1)
	for i := range b {
		if b[i] != '\r' {
			list = append(list, i)
		}
	}
	return append(list, len(b))
}
