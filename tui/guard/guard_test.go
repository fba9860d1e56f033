package guard

import (
	"go/build"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"
)

func TestImportsOnlyLipgloss(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"github.com/charmbracelet/lipgloss"}, p.Imports); d != "" {
		t.Errorf("every other import could delay this init beyond Bubble Tea's:\n%s", d)
	}
}

func TestProfileIsSixteenColours(t *testing.T) {
	if got := lipgloss.ColorProfile(); got != termenv.ANSI {
		t.Errorf("colour profile %v, want %v", got, termenv.ANSI)
	}
	if !lipgloss.HasDarkBackground() {
		t.Error("the background was not settled")
	}
}
