package outfile_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/cmd/internal/outfile"
)

// TestMain lets the tests start this binary as the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv("OUTFILE_TEST_PATH"); path != "" {
		if err := writeForEver(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// killedSize is the size of the files that the killed process writes: large
// enough for kills during a write.
const killedSize = 1 << 20

// writeForEver writes path.0, path.1 … without end, each first as a new file
// and then as a replacement.
func writeForEver(path string) error {
	block := make([]byte, 64<<10)
	for i := range block {
		block[i] = 'x'
	}
	fmt.Println("go")
	for i := 0; ; i++ {
		for _, force := range []bool{false, true} {
			f, err := outfile.Create(fmt.Sprintf("%s.%d", path, i), outfile.Options{Force: force})
			if err != nil {
				return err
			}
			for range killedSize / len(block) {
				if _, err := f.Write(block); err != nil {
					return err
				}
			}
			if err := f.Commit(); err != nil {
				return err
			}
		}
	}
}

func TestKilledAtAnyMomentLeavesWholeFilesOnly(t *testing.T) {
	const kills = 60
	whole, litter := 0, 0
	for range kills {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "OUTFILE_TEST_PATH="+filepath.Join(dir, "out"))
		started, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if n, err := started.Read(make([]byte, 3)); n == 0 {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(30_000)) * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()
		for _, name := range list(t, dir) {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() != killedSize {
				t.Errorf("%s has %d bytes of %d", name, info.Size(), killedSize)
			}
			if strings.HasPrefix(name, ".natsuin-") {
				litter++ // left between link and rename of a replacement, and complete
			} else {
				whole++
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills, %d whole files, %d left in the instant of a replacement", kills, whole, litter)
	if whole == 0 {
		t.Error("no kill came late enough to see a file")
	}
}
