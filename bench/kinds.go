package main

import "github.com/credential-idcs/credential-idcs/bench/lab"

// kinds measures a cached answer that is stored another way, or comes from elsewhere than a domain.
func (b *bench) kinds() error {
	open, err := b.lab(lab.Options{})
	if err != nil {
		return err
	}
	defer open.Close()
	dir, err := b.folder()
	if err != nil {
		return err
	}
	oracle, err := lab.NewOracle(dir, b.bin)
	if err != nil {
		return err
	}
	defer oracle.Close()
	candidates := []candidate{
		{open, open.Hello()}, {open, open.GitGet()}, {open, open.Answers()["docker"]}, {open, open.Answers()["kubectl"]},
		{oracle, oracle.RegistryGet()}, {oracle, oracle.Cluster()},
	}
	names := []string{
		"", "`git-credential-idcs get`", "`docker-credential-idcs get`", "`credential-idcs kubectl`",
		"`docker-credential-idcs get`, a token of OCIR", "`credential-idcs kubectl`, a token for OKE",
	}
	sealed, unable := b.lab(lab.Options{Seal: "kernel"})
	if unable == nil {
		defer sealed.Close()
		candidates = append(candidates, candidate{sealed, sealed.GitGet()})
		names = append(names, "`git-credential-idcs get`, the token sealed (`seal = \"kernel\"`)")
	}
	figures, err := b.measure(candidates, b.rounds)
	if err != nil {
		return err
	}
	b.figures["kinds"] = figures
	b.printf("| a cached answer | × | CPU ms | wall ms | page faults beyond a bare Go program |\n|---|---|---|---|---|")
	for i, f := range figures[1:] {
		b.printf("| %s | %.2f | %.1f | %.1f | %d |", names[i+1], f.Ratio, f.CPU, f.Wall, f.Faults-figures[0].Faults)
	}
	if unable != nil {
		b.printf("| `git-credential-idcs get`, the token sealed | not measured: the kernel's keyring can't be used here | | | |")
	}
	b.printf("")
	return nil
}
