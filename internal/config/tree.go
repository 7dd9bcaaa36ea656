package config

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/pelletier/go-toml/v2/unstable"
)

// kindString is the kind of a value in quotes.
const kindString = unstable.String

// A node is a value of the file with its line.
type node struct {
	line  int
	kind  unstable.Kind // String, Array, InlineTable (of any table), Integer, …
	text  string        // of a String
	on    bool          // of a Bool
	items []*node       // of an Array, and of an ArrayTable: [[name]]
	table *table        // of any table
}

// tables are the elements of a list of tables, written as [[name]] or in one line; nil: n is no such list.
func (n *node) tables() []*node {
	for _, item := range n.items {
		if item.table == nil {
			return nil
		}
	}
	return n.items
}

// A table has its keys in the order of the file.
type table struct {
	line  int
	made  made
	by    *table // of a dotted table: the table with the header above its keys
	keys  []string
	nodes []*node          // of these keys
	index map[string]*node // once there are many: a map for each small table took a third of reading a file
}

// many is the number of keys from which a map is faster than a search.
const many = 16

// get is the value of a key, or nil. Inlined in its ninety places it would be 25 KB of the program.
//
//go:noinline
func (t *table) get(key string) *node {
	if t.index != nil {
		return t.index[key]
	}
	if i := slices.Index(t.keys, key); i >= 0 {
		return t.nodes[i]
	}
	return nil
}

// made is how a table was defined, which decides what may still be added to it:
// https://toml.io/en/v1.0.0#table, "Defining a table more than once is not allowed".
type made int

const (
	implied made = iota // [a.b] implies a; its own header may follow
	headed              // [a.b]
	dotted              // a.b = 1
	inline              // a = { b = 1 }: closed
)

// A grower builds the tree of one document.
type grower struct {
	parser unstable.Parser
	file   string // base name
	// Expressions come in order, so lines are counted onwards from the last one. The parser's own
	// count begins at the first line each time, which makes a long file quadratic.
	offset, lines int
}

// grow parses a document. The error is an *Error.
func grow(file string, data []byte) (*table, error) {
	g := &grower{file: file}
	g.parser.Reset(data)
	root := &table{made: headed, line: 1}
	current := root
	for g.parser.NextExpression() {
		e := g.parser.Expression()
		var err error
		switch e.Kind {
		case unstable.Table:
			current, err = g.header(root, e)
		case unstable.ArrayTable:
			current, err = g.element(root, e)
		case unstable.KeyValue:
			err = g.keyValue(current, e)
		}
		if err != nil {
			return nil, err
		}
	}
	return root, g.syntax()
}

// syntax is the parser's own error with its line. Its text has single characters of the file at most.
func (g *grower) syntax() error {
	err := g.parser.Error()
	if err == nil {
		return nil
	}
	said := text.Clean(err.Error())
	var pe *unstable.ParserError
	line := 0
	if errors.As(err, &pe) {
		offset := int(g.parser.Range(pe.Highlight).Offset)
		line = g.lineAt(offset)
		said += meant(said, g.parser.Data(), offset)
	}
	last := 1 + bytes.Count(bytes.TrimRight(g.parser.Data(), "\r\n"), []byte{'\n'})
	return &Error{File: g.file, Line: line, Reason: said, Short: line == last}
}

// element adds a table to the list [[name]]. Only lists at the top of the file exist.
func (g *grower) element(root *table, e *unstable.Node) (*table, error) {
	it := e.Key()
	it.Next()
	key, line := string(it.Node().Data), g.line(it.Node())
	if !it.IsLast() || rootSection.find(key) == nil || rootSection.find(key).want != listedTables {
		return nil, g.fail(line, "["+quote(key)+"] in double brackets: only [[publish]] is a list of tables")
	}
	n := root.get(key)
	switch {
	case n == nil:
		n = &node{line: line, kind: unstable.ArrayTable}
		root.add(key, n)
	case n.kind != unstable.ArrayTable:
		return nil, g.doubled(line, key, n.line)
	}
	t := &table{line: line, made: headed}
	n.items = append(n.items, &node{line: line, kind: unstable.InlineTable, table: t})
	return t, nil
}

// header finds or makes the tables of [a.b.c]. In a list of tables, the last one is meant.
func (g *grower) header(root *table, e *unstable.Node) (*table, error) {
	t := root
	it := e.Key()
	for it.Next() {
		key, line := string(it.Node().Data), g.line(it.Node())
		last := it.IsLast()
		n := t.get(key)
		if n != nil && n.kind == unstable.ArrayTable && !last {
			t = n.items[len(n.items)-1].table
			continue
		}
		switch {
		case n == nil:
			n = &node{line: line, kind: unstable.InlineTable, table: &table{line: line}}
			t.add(key, n)
		case n.table == nil:
			return nil, g.doubled(line, key, n.line)
		case n.table.made == inline, last && n.table.made != implied:
			return nil, g.doubled(line, key, n.table.line)
		}
		if t = n.table; last {
			t.made, t.line = headed, line
		}
	}
	return t, nil
}

// keyValue adds `a.b = value` to a table.
func (g *grower) keyValue(t *table, e *unstable.Node) error {
	current := t
	it := e.Key()
	for it.Next() {
		key, line := string(it.Node().Data), g.line(it.Node())
		n := t.get(key)
		if it.IsLast() {
			if n != nil {
				return g.doubled(line, key, n.line)
			}
			v, err := g.value(e.Value(), line)
			if err != nil {
				return err
			}
			t.add(key, v)
			return nil
		}
		switch {
		case n == nil:
			n = &node{line: line, kind: unstable.InlineTable, table: &table{line: line, made: dotted, by: current}}
			t.add(key, n)
		case n.table == nil, n.table.made != dotted, n.table.by != current:
			return g.doubled(line, key, n.line)
		}
		t = n.table
	}
	return nil
}

// value copies a value: the parser reuses its memory for the next expression.
func (g *grower) value(v *unstable.Node, line int) (*node, error) {
	n := &node{line: line, kind: v.Kind}
	switch v.Kind {
	case unstable.String:
		n.text = string(v.Data)
	case unstable.Bool:
		n.on = string(v.Data) == "true"
	case unstable.Array:
		it := v.Children()
		for it.Next() {
			line := line
			if r := it.Node().Raw; r.Length > 0 {
				line = g.lineAt(int(r.Offset))
			}
			item, err := g.value(it.Node(), line)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case unstable.InlineTable:
		n.table = &table{line: line, made: dotted}
		it := v.Children()
		for it.Next() {
			if err := g.keyValue(n.table, it.Node()); err != nil {
				return nil, err
			}
		}
		n.table.close()
	}
	return n, nil
}

// close ends an inline table: nothing may be added to it or to what is inside.
func (t *table) close() {
	t.made = inline
	for _, n := range t.nodes {
		if n.table != nil {
			n.table.close()
		}
	}
}

func (t *table) add(key string, n *node) {
	if t.keys == nil {
		t.keys, t.nodes = make([]string, 0, 8), make([]*node, 0, 8)
	}
	t.keys, t.nodes = append(t.keys, key), append(t.nodes, n)
	switch {
	case t.index != nil:
		t.index[key] = n
	case len(t.keys) == many:
		t.index = make(map[string]*node, 2*many)
		for i, k := range t.keys {
			t.index[k] = t.nodes[i]
		}
	}
}

func (g *grower) line(n *unstable.Node) int { return g.lineAt(int(n.Raw.Offset)) }

func (g *grower) lineAt(offset int) int {
	if offset < g.offset {
		g.offset, g.lines = 0, 0
	}
	g.lines += bytes.Count(g.parser.Data()[g.offset:offset], []byte{'\n'})
	g.offset = offset
	return g.lines + 1
}

func (g *grower) fail(line int, reason string) error {
	return &Error{File: g.file, Line: line, Reason: reason}
}

func (g *grower) doubled(line int, key string, first int) error {
	return g.fail(line, quote(key)+" is there twice, first in line "+strconv.Itoa(first))
}
