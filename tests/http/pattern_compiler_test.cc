#include "http/pattern_compiler.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace http {
namespace {

using namespace std::chrono_literals;

std::string helper() { return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "http_pattern_helper"; }
std::unique_ptr<PatternCompiler> child(const std::string& mode, PatternLimits limits = {}) {
  return make_child_pattern_compiler({helper(), mode}, limits);
}

using Sets = std::vector<std::vector<PatternSource>>;
Sets two_sets() { return {{{"^/a", "lb.toml:3"}, {"b$", "lb.toml:7"}}, {{"c+", "lb.toml:12"}}}; }

/// Large counted repeats cost Hyperscan's compiler seconds and hundreds of megabytes each.
std::vector<PatternSource> costly_set() {
  std::vector<PatternSource> set;
  for (int i = 0; i < 10; ++i)
    set.push_back({fmt::format("a{}.{{1000,30000}}b[^c]{{500,20000}}d.*e[0-9]{{900}}f", i), fmt::format("lb.toml:{}", 20 + i)});
  return set;
}

std::string error_of(PatternCompiler& compiler, const Sets& sets) {
  const auto result = compiler.compile_all(sets);
  return result.ok() ? "compiled" : result.error().message();
}

bool finds(const PatternSet& set, std::string_view bytes, std::uint32_t id) {
  PatternScratch scratch;
  EXPECT_TRUE(scratch.grow(set));
  bool found = false;
  set.scan(bytes, scratch, [&](std::uint32_t hit) { return found = found || hit == id, false; });
  return found;
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

class EveryCompiler : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<PatternCompiler> compiler_ = GetParam() ? child("good") : make_local_pattern_compiler();
};
INSTANTIATE_TEST_SUITE_P(PatternCompiler, EveryCompiler, testing::Bool(),
                         [](const auto& param) { return param.param ? "Child" : "Local"; });

TEST_P(EveryCompiler, CompilesSetsInTheirOrder) {
  const auto sets = compiler_->compile_all(two_sets());
  ASSERT_TRUE(sets.ok()) << sets.error().message();
  ASSERT_EQ(sets->size(), 2u);
  EXPECT_EQ((*sets)[0].size(), 2u);
  EXPECT_TRUE(finds((*sets)[0], "/ab", 0));
  EXPECT_TRUE(finds((*sets)[0], "/ab", 1));
  EXPECT_TRUE(finds((*sets)[1], "xcc", 0));
  EXPECT_FALSE(finds((*sets)[1], "/ab", 0));
}

TEST_P(EveryCompiler, CompilesOneSet) {
  const auto set = compiler_->compile(two_sets()[0]);
  ASSERT_TRUE(set.ok()) << set.error().message();
  EXPECT_TRUE(finds(*set, "xb", 1));
}

TEST_P(EveryCompiler, NoSetsAreNoWork) { EXPECT_TRUE(compiler_->compile_all({}).value().empty()); }

TEST_P(EveryCompiler, ARefusedPatternIsNamed) {
  Sets sets = two_sets();
  sets[1].push_back({"x{3,1}", "lb.toml:99"});
  const std::string error = error_of(*compiler_, sets);
  EXPECT_EQ(error.find("lb.toml:99: regex \"x{3,1}\" is refused by Hyperscan: "), 0u) << error;
}

TEST_P(EveryCompiler, ManySetsAndALargeAnswer) {
  Sets sets;
  for (int s = 0; s < 200; ++s)
    sets.push_back({{fmt::format("^/{}/[a-z]{{3,200}}x[0-9]+$", s), "lb.toml:1"}, {std::string(2000, 'y'), "lb.toml:2"}});
  const auto compiled = compiler_->compile_all(sets);
  ASSERT_TRUE(compiled.ok()) << compiled.error().message();
  for (std::size_t s = 0; s < sets.size(); ++s) EXPECT_TRUE(finds((*compiled)[s], fmt::format("/{}/abcx1", s), 0));
}

TEST(ChildPatternCompiler, LeavesNoProcessBehind) {
  ASSERT_FALSE(has_children());
  EXPECT_TRUE(child("good")->compile_all(two_sets()).ok());
  EXPECT_FALSE(child("leave")->compile_all(two_sets()).ok());
  EXPECT_FALSE(child("hang", {.wall = 50ms})->compile_all(two_sets()).ok());
  EXPECT_FALSE(has_children());
}

TEST(ChildPatternCompiler, InheritsNoDescriptor) {
  const int leaked = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GE(leaked, 0);
  EXPECT_EQ(error_of(*child("closed"), two_sets()), "compiled");
  ::close(leaked);
}

TEST(ChildPatternCompiler, WorksWhenTheCallerBlocksSignalsAndIgnoresChildren) {
  sigset_t all, old;
  sigfillset(&all);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &all, &old), 0);
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(error_of(*child("good"), two_sets()), "compiled");
  EXPECT_NE(error_of(*child("leave"), two_sets()), "compiled");
  ::signal(SIGCHLD, before);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

TEST(ChildPatternCompiler, TooMuchCpuIsSaidWithTheLimitAndThePlaces) {
  Sets sets = two_sets();
  sets.push_back(costly_set());
  const std::string error = error_of(*child("good", {.cpu = 1s}), sets);
  EXPECT_EQ(error, "pattern compilation took more than 1 s of CPU: lb.toml:20, lb.toml:21, lb.toml:22 and 7 more");
}

TEST(ChildPatternCompiler, TooMuchMemoryIsSaidWithTheLimitAndThePlaces) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer maps terabytes, so the address space is not limited";
#endif
  Sets sets = two_sets();
  sets.push_back(costly_set());
  const std::string error = error_of(*child("good", {.address_space_bytes = 96u << 20}), sets);
  EXPECT_EQ(error, "pattern compilation needed more than 96 MiB of memory: lb.toml:20, lb.toml:21, lb.toml:22 and 7 more");
}

TEST(ChildPatternCompiler, TooMuchTimeIsSaidAlsoOfAChildThatSleeps) {
  EXPECT_EQ(error_of(*child("hang", {.wall = 100ms}), two_sets()),
            "pattern compilation took more than 0.1 s: lb.toml:3, lb.toml:7");
  EXPECT_EQ(error_of(*child("silent", {.wall = 100ms}), two_sets()),
            "pattern compilation took more than 0.1 s: lb.toml:3, lb.toml:7");
}

TEST(ChildPatternCompiler, ACrashIsSaidWithTheSignal) {
  const std::string error = error_of(*child("crash"), two_sets());
  EXPECT_EQ(error, "the pattern compiler was killed by signal 6 (Aborted) while it worked on lb.toml:3, lb.toml:7");
}

TEST(ChildPatternCompiler, AProgramThatIsNoCompilerIsFoundOut) {
  EXPECT_NE(error_of(*child("leave"), two_sets()).find("left with status 7 without an answer"), std::string::npos);
  EXPECT_NE(error_of(*child("talk"), two_sets()).find("did not answer as a pattern compiler does"), std::string::npos);
  EXPECT_NE(error_of(*child("skip"), two_sets()).find("did not answer as a pattern compiler does"), std::string::npos);
  EXPECT_NE(error_of(*child("cut"), two_sets()).find("left with status 3 without an answer"), std::string::npos);
  const std::string lie = error_of(*child("lie"), {two_sets()[0]});
  EXPECT_NE(lie.find("lb.toml:3, lb.toml:7: the database is damaged"), std::string::npos) << lie;
}

TEST(ChildPatternCompiler, AProgramThatDoesNotExistIsAnError) {
  const auto compiler = make_child_pattern_compiler({"/nonexistent/penstock", "compile-patterns"});
  EXPECT_EQ(error_of(*compiler, two_sets()), "pattern compiler: cannot start /nonexistent/penstock: No such file or directory");
}

/// Our own ends of two pipes around run_pattern_compiler_child.
int run_with_input(std::string_view input, std::string& output) {
  int in[2], out[2];
  EXPECT_EQ(::pipe(in), 0);
  EXPECT_EQ(::pipe(out), 0);
  EXPECT_EQ(::write(in[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
  ::close(in[1]);
  const int status = run_pattern_compiler_child(in[0], out[1]);
  ::close(out[1]);
  char buffer[4096];
  for (ssize_t n; (n = ::read(out[0], buffer, sizeof(buffer))) > 0;) output.append(buffer, static_cast<std::size_t>(n));
  ::close(in[0]);
  ::close(out[0]);
  return status;
}

TEST(PatternCompilerChild, AnswersNothingToWhatIsNoRequest) {
  for (const std::string_view input : {"", "GET / HTTP/1.1\r\n\r\n"}) {
    std::string output;
    EXPECT_EQ(run_with_input(input, output), 1);
    EXPECT_EQ(output, "");
  }
}

}  // namespace
}  // namespace http
