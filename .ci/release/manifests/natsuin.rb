# A Homebrew formula, for a tap: macOS has PC/SC, Linux needs pcsc-lite.
class Natsuin < Formula
  desc "Sign files with a My Number card (JPKI)"
  homepage "@HOME@"
  url "@HOME@.git", tag: "v@VERSION@", revision: "@COMMIT@"
  license "Apache-2.0"

  depends_on "go" => :build
  on_linux do
    depends_on "pkgconf" => :build
    depends_on "pcsc-lite"
  end

  def install
    ENV["CGO_ENABLED"] = "1"
    ldflags = "-s -w -X natsuin/cmd/internal/cli.home=@HOME@"
    system "go", "build", *std_go_args(ldflags: ldflags), "./cmd/natsuin"
    generate_completions_from_executable(bin/"natsuin", "completion", shells: [:bash, :zsh, :fish])
    man1.install Dir["docs/man/en/*.1"]
    (man/"ja/man1").install Dir["docs/man/ja/*.1"]
  end

  test do
    ENV["XDG_DATA_HOME"] = testpath/"data"
    (testpath/"a.txt").write "an application"
    pipe_output("#{bin}/natsuin sign --reader practice --yes --pin-from stdin a.txt", "RENSHU123\n", 0)
    assert_match "VALID", shell_output("#{bin}/natsuin verify --lang en --ca practice a.txt.p7s")
  end
end
