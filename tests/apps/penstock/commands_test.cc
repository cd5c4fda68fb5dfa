// The program as a user starts it: what it prints, and how it ends.
#include "apps/penstock/commands.h"

#include <csignal>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <regex>

#include "apps/admin/api.h"
#include "apps/admin/http_server.h"
#include "tests/apps/admin/sample_readings.h"
#include "tests/support/process.h"

namespace apps {
namespace {

using support::Finished;

Finished penstock(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), support::built_program("apps/penstock"));
  return support::run_program(arguments);
}

constexpr const char* hello = R"(
[[port]]
name = "p"
device = "tap:p0"
addresses = ["198.18.0.1/24"]
[[listener]]
name = "web"
address = "*:80"
[[rule]]
name = "hello"
respond = { status = 200, body = "hello\n" }
)";

class Commands : public testing::Test {
 protected:
  std::string config(const std::string& text, const std::string& name = "t.toml") {
    support::write_file(directory_.path(name), text);
    return directory_.path(name);
  }
  support::TemporaryDirectory directory_;
};

// --- arguments

TEST_F(Commands, WrongArgumentsFailWithAWordOfHelp) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"run"}, {"check"}, {"nonsense"}, {"run", "a.toml", "--nonsense"}, {"stats", "extra"}}) {
    const Finished done = penstock(arguments);
    EXPECT_EQ(done.status, exit_failed) << fmt::format("{}", arguments.size());
    EXPECT_NE(done.errors.find("--help"), std::string::npos) << done.errors;
    EXPECT_EQ(done.output, "");
  }
}

TEST_F(Commands, HelpAndVersionAreNoFailure) {
  EXPECT_EQ(penstock({"--help"}).status, exit_ok);
  EXPECT_EQ(penstock({"run", "--help"}).status, exit_ok);
  const Finished version = penstock({"--version"});
  EXPECT_EQ(version.status, exit_ok);
  EXPECT_TRUE(std::regex_match(version.output, std::regex{"penstock [0-9.]+, DPDK [0-9.]+\n"})) << version.output;
}

TEST_F(Commands, WhatIsPromisedAndNotBuiltIsRefusedByName) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"explain", "a.toml", "--request", "GET http://h/"},
                                                    {"explain", "--packet", "tcp 1.1.1.1:1 > 2.2.2.2:2"},
                                                    {"top"},
                                                    {"routes", "--json"},
                                                    {"neighbors"},
                                                    {"listeners"},
                                                    {"rules"},
                                                    {"connections"},
                                                    {"config"},
                                                    {"why", "1.1.1.1:1"},
                                                    {"drain", "api", "a"},
                                                    {"undrain", "api", "a"},
                                                    {"weight", "api", "a", "3"},
                                                    {"capture", "--out", "x.pcapng"},
                                                    {"doctor"}}) {
    const Finished done = penstock(arguments);
    EXPECT_EQ(done.status, exit_failed) << arguments[0];
    EXPECT_EQ(done.errors, "penstock " + arguments[0] + ": not supported yet\n");
  }
}

// --- configurations

struct Mistake {
  const char *text, *expected;
};
const Mistake mistakes[] = {
    {"[engine]\nworkers = \"two\"\n", "t.toml:2:11: workers: "},
    {"[engine]\nspeed = 9\n", "t.toml:2:1: unknown key 'speed'"},
    {"[[nat]]\nkind = \"source\"\n", "t.toml:1:3: nat: not supported yet"},
    {"[[rule]]\nname = \"x\"\npool = \"nobody\"\n", "t.toml:3:8: pool: no pool is called 'nobody'"},
    {"[[rule]]\nname = \"x\"\nhost = \"h\"\npath_regex = \"(\"\nrespond = {}\n", "t.toml:1:1: "},
    {"[[port]\n", "t.toml:1:8: "},
};

TEST_F(Commands, AMistakeInTheFileIsNamedWithItsPlace) {
  for (const Mistake& mistake : mistakes)
    for (const char* command : {"check", "run"}) {
      // The mistake first, so that its lines are counted from the top.
      const Finished done = penstock({command, config(std::string{mistake.text} + hello)});
      EXPECT_EQ(done.status, exit_bad_config) << command << "\n" << mistake.text << done.errors;
      EXPECT_NE(done.errors.find(mistake.expected), std::string::npos) << command << ": " << done.errors;
      EXPECT_EQ(done.output, "") << command;
      EXPECT_EQ(done.errors.find(" memory: "), std::string::npos) << "DPDK was started: " << done.errors;
    }
}

TEST_F(Commands, AFileThatIsNotThereIsABadConfig) {
  for (const char* command : {"check", "run"}) {
    const Finished done = penstock({command, directory_.path("missing.toml")});
    EXPECT_EQ(done.status, exit_bad_config) << command;
    EXPECT_NE(done.errors.find("missing.toml"), std::string::npos) << done.errors;
  }
}

TEST_F(Commands, AnOverrideIsCheckedLikeTheFile) {
  const std::string path = config(hello);
  EXPECT_NE(penstock({"check", path, "--set", "engine.workers=3"}).output.find("\nworkers = 3\n"), std::string::npos);
  const Finished wrong = penstock({"check", path, "--set", "engine.workers=0"});
  EXPECT_EQ(wrong.status, exit_bad_config);
  EXPECT_EQ(wrong.errors, "--set engine.workers: workers: 0 is below 1, allowed: 1 to 64\n");
}

// --- check

TEST_F(Commands, CheckPrintsAConfigurationThatCheckTakesAgain) {
  for (const char* name : {"quickstart", "http-lb", "forwarder", "static-answer"}) {
    const Finished first = penstock({"check", std::string{PENSTOCK_SOURCE_ROOT "/configs/"} + name + ".toml"});
    ASSERT_EQ(first.status, exit_ok) << first.errors;
    const Finished second = penstock({"check", config(first.output)});
    ASSERT_EQ(second.status, exit_ok) << second.errors;
    const auto settings = [](const std::string& output) { return output.substr(0, output.find("\n# memory plan")); };
    EXPECT_EQ(settings(first.output), settings(second.output)) << name;
    EXPECT_EQ(first.errors, "") << name;
  }
}

TEST_F(Commands, CheckPrintsTheMemoryPlanAndWhatRulesCost) {
  const Finished done = penstock({"check", PENSTOCK_SOURCE_ROOT "/configs/http-lb.toml"});
  ASSERT_EQ(done.status, exit_ok) << done.errors;
  for (const char* line : {"\nname = \"edge1\"\n", "\n[[pool]]\n", "\n# memory plan, with ", "\n#   mbufs: rx descriptors ",
                           "\n#   sum  ", "\n# rules of listener web\n", "\n# rules of listener internal\n", "ns/request\n"})
    EXPECT_NE(done.output.find(line), std::string::npos) << line << "\n" << done.output;
  EXPECT_TRUE(std::regex_search(done.output, std::regex{"\n# everything-else +\\S+http-lb.toml:[0-9:]+ +[0-9]+\n"}))
      << done.output;
}

TEST_F(Commands, CheckWarnsOfRulesThatNobodyReaches) {
  const Finished done =
      penstock({"check", config(std::string{hello} + "[[rule]]\nname = \"late\"\npath = \"/x\"\nrespond = {}\n")});
  EXPECT_EQ(done.status, exit_ok);
  EXPECT_TRUE(std::regex_search(done.output, std::regex{"\n#   warning: .*hello"})) << done.output;
}

TEST_F(Commands, CheckWarnsOfWhatWasProbablyNotMeant) {
  const Finished done = penstock({"check", config("[[port]]\nname = \"p\"\ndevice = \"tap:p0\"\naddresses = [\"10.0.0.1/8\"]\n"
                                                  "[[listener]]\nname = \"web\"\naddress = \"*:80\"\n")});
  EXPECT_EQ(done.status, exit_ok);
  EXPECT_EQ(done.errors,
            "warning: " + directory_.path("t.toml") + ":5:1: no rule applies to listener 'web': every request is answered 404\n");
  EXPECT_NE(done.output.find("# no rule applies: every request is answered 404\n"), std::string::npos) << done.output;
}

// --- run

TEST_F(Commands, ASecondInstanceOfANameIsRefusedBeforeItStarts) {
  auto socket = ListenSocket::open(AdminAddress{directory_.path("a.sock"), {}}, "t");
  ASSERT_TRUE(socket);
  const Finished done =
      penstock({"run", config(fmt::format("[admin]\nlisten = [\"unix:{}\"]\n", directory_.path("a.sock")) + hello)});
  EXPECT_EQ(done.status, exit_failed);
  EXPECT_NE(done.errors.find("an instance named t already runs"), std::string::npos) << done.errors;
  EXPECT_EQ(done.errors.find("EAL"), std::string::npos) << done.errors;
}

TEST_F(Commands, APortThatCannotBeOpenedIsNamed) {
  const std::string text = fmt::format(
      "[admin]\nlisten = [\"unix:{}\"]\n[engine]\nmemory = \"normal\"\nmax_connections = 100\n"
      "buffers = \"4MiB\"\n[[port]]\nname = \"lan\"\ndevice = \"af_packet:nothere0\"\n",
      directory_.path("a.sock"));
  const Finished done = penstock({"run", config(text)});
  EXPECT_EQ(done.status, exit_failed);
  EXPECT_NE(done.errors.find("port lan (af_packet:nothere0): there is no interface nothere0 in this network namespace"),
            std::string::npos)
      << done.errors;
  EXPECT_EQ(done.output, "") << "it was never ready";
}

// --- views of an instance that is played here

class ViewCommands : public testing::Test {
 protected:
  void SetUp() override {
    auto socket = ListenSocket::open(AdminAddress{path(), {}}, "edge1");
    ASSERT_TRUE(socket);
    server_ =
        std::make_unique<HttpServer>(std::move(*socket), [this](const AdminRequest& request) { return api_.answer(request); });
  }
  std::string path() { return directory_.path("edge1.sock"); }
  Finished ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--instance", path()});
    return penstock(arguments);
  }
  support::TemporaryDirectory directory_;
  std::string reload_error_;
  int reloads_ = 0;
  Api api_{{.read = [] { return sample_readings(); },
            .turns = [] { return std::vector<std::uint64_t>{1}; },
            .not_ready = [] { return std::string{}; },
            .reload = [this] { return ++reloads_, reload_error_; }}};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ViewCommands, AreTablesForPeopleAndJsonForPrograms) {
  for (const auto& [view, word] :
       {std::pair{"stats", "edge1: ready"}, {"ports", "tap:ps-lan"}, {"pools", "10.0.0.1:8080"}, {"drops", "no_route"}}) {
    const Finished table = ask({view});
    EXPECT_EQ(table.status, exit_ok) << table.errors;
    EXPECT_NE(table.output.find(word), std::string::npos) << table.output;
    const Finished json = ask({view, "--json"});
    EXPECT_EQ(json.status, exit_ok) << json.errors;
    const AdminAnswer answer = api_.answer(
        {.method = "GET", .path = std::string{"/api/v1/"} + view, .host = "", .origin = "", .body = "", .is_local = true});
    EXPECT_EQ(json.output, answer.body) << "what the API says, unchanged";
  }
  EXPECT_EQ(ask({"drops"}).output.find("no_listener"), std::string::npos);
  EXPECT_NE(ask({"drops", "--all"}).output.find("no_listener"), std::string::npos);
}

TEST_F(ViewCommands, WithoutAnInstanceThereIsNothingToSee) {
  server_.reset();
  for (const char* command : {"stats", "ports", "pools", "drops", "reload"}) {
    const Finished done = ask({command});
    EXPECT_EQ(done.status, exit_failed);
    EXPECT_EQ(done.errors, "penstock: " + path() + ": no instance answers there\n");
  }
}

TEST_F(ViewCommands, SomebodyElsesAnswerIsNotTakenForOurs) {
  server_.reset();
  auto socket = ListenSocket::open(AdminAddress{path(), {}}, "edge1");
  ASSERT_TRUE(socket);
  server_ = std::make_unique<HttpServer>(std::move(*socket), [](const AdminRequest& request) {
    return request.path.ends_with("stats") ? AdminAnswer{200, "text/html", "<p>hello"}
                                           : AdminAnswer{404, "text/html", "<p>nothing"};
  });
  const Finished stats = ask({"stats"}), ports = ask({"ports"});
  EXPECT_EQ(stats.status, exit_failed);
  EXPECT_NE(stats.errors.find("not the answer of a Penstock of this version"), std::string::npos) << stats.errors;
  EXPECT_EQ(ports.status, exit_failed);
  EXPECT_EQ(ports.errors, "penstock: " + path() + ": answered 404: <p>nothing\n");
}

TEST_F(ViewCommands, ReloadSucceedsOrSaysWhyNot) {
  EXPECT_EQ(ask({"reload"}).status, exit_ok);
  EXPECT_EQ(reloads_, 1);
  reload_error_ = "t.toml:1:2: what is wrong";
  const Finished refused = ask({"reload"});
  EXPECT_EQ(refused.status, exit_failed);
  EXPECT_EQ(refused.errors, "penstock: edge1 did not reload, nothing changed:\nt.toml:1:2: what is wrong\n");
}

}  // namespace
}  // namespace apps
