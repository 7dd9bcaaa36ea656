// Package machine is a person's computer for tests: a home folder, a profile, and the real program in
// it, run as real processes under its real names.
//
//	var program machine.Program
//
//	func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }
//
//	func TestCrowd(t *testing.T) {
//		domain := idcstest.Start(t, idcstest.Options{})
//		m := machine.New(t, program, domain, machine.Person)
//		m.Login()
//		m.Expire()
//		for _, r := range m.Crowd(machine.Mixed(64)...) { … }
//	}
//
// Other people's programs run there too, and find ours where the person would have installed it:
//
//	m := machine.New(t, program, domain, machine.Person, server.URL)
//	m.Login()
//	m.Types("credential-idcs configure git")
//	m.Pays(0, "git clone "+server.URL+"/team/app.git")
//
// Nothing of the program is linked in: what a test knows of it is what a caller sees, exit status,
// stdout, stderr and files. Time is the one thing that can't be had from outside, because no hook
// reaches a static binary; so Age makes the stored token older, as if the machine had been idle.
//
// A Machine reports to a TB, which a *testing.T is, and the soak's own reporter too.
package machine
