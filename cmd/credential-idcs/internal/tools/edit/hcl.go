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

// Is reports whether the first key is a name. Terraform takes it in any case.
func (b HCLBlock) Is(name string) bool { return strings.EqualFold(b.Keys[0], name) }

// ErrNotHCL is a text that isn't HCL, the one of Terraform's own configuration.
var ErrNotHCL = errors.New("it is not HCL")

// ParseHCL finds what is at the top of a configuration file of Terraform's, which is HCL 1 and read with
// this library. The library's errors may quote a token, so they stay here.
func ParseHCL(b []byte) (blocks []HCLBlock, err error) {
	if LoneCR(b) {
		return nil, ErrNotHCL
	}
	defer func() {
		if recover() != nil { // the parser is old, and not hardened against everything
			blocks, err = nil, ErrNotHCL
		}
	}()
	// It counts without the CR of a line break.
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

// offsets are those of a text by those of the same without the CRs of its line breaks.
func offsets(b []byte) []int {
	list := make([]int, 0, len(b)+1)
	for i := range b {
		if b[i] != '\r' {
			list = append(list, i)
		}
	}
	return append(list, len(b))
}
