#include "apps/penstock/instances.h"

#include <filesystem>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/admin/listen_socket.h"
#include "tests/support/process.h"

namespace apps {
namespace {

class Instances : public testing::Test {
 protected:
  /// Something that listens as an instance of that name does.
  void run(const std::string& name) {
    auto socket = ListenSocket::open(AdminAddress{directory_.path(name + ".sock"), {}}, name);
    ASSERT_TRUE(socket) << socket.error().message();
    sockets_.push_back(std::move(*socket));
  }
  std::string find(const std::string& wanted) {
    const auto found = find_instance(wanted, directory_.path().native());
    return found ? found->name + " at " + found->socket : found.error().message();
  }
  support::TemporaryDirectory directory_;
  std::vector<ListenSocket> sockets_;
};

TEST_F(Instances, TheOnlyOneNeedsNoName) {
  run("edge1");
  EXPECT_EQ(find(""), "edge1 at " + directory_.path("edge1.sock"));
}

TEST_F(Instances, OfSeveralOneMustBeNamed) {
  run("edge2");
  run("edge1");
  EXPECT_EQ(find(""), "several instances run, choose one with --instance: edge1, edge2");
  EXPECT_EQ(find("edge2"), "edge2 at " + directory_.path("edge2.sock"));
}

TEST_F(Instances, NoneIsSaidToBeNone) {
  const std::string none =
      "no instance runs: nobody answers in " + directory_.path().native() + " (--instance takes the path of a socket elsewhere)";
  EXPECT_EQ(find(""), none);
  EXPECT_EQ(find_instance("", directory_.path("not/there")).error().code, engine::Errc::not_found);
  support::write_file(directory_.path("file.sock"), "");
  support::write_file(directory_.path("notes.txt"), "");
  EXPECT_EQ(find(""), none) << "files that are no sockets";
}

TEST_F(Instances, ThoseThatAreGoneDoNotCount) {
  run("edge1");
  {
    auto gone = ListenSocket::open(AdminAddress{directory_.path("temporary.sock"), {}}, "gone");
    ASSERT_TRUE(gone);
    std::filesystem::rename(directory_.path("temporary.sock"), directory_.path("gone.sock"));  // it will not be removed
  }
  ASSERT_TRUE(std::filesystem::exists(directory_.path("gone.sock")));
  EXPECT_EQ(find(""), "edge1 at " + directory_.path("edge1.sock"));
  EXPECT_EQ(find("gone"), directory_.path("gone.sock") + ": no instance answers there");
}

TEST_F(Instances, AnUnknownNameIsNoInstance) {
  run("edge1");
  EXPECT_EQ(find("edge9"), directory_.path("edge9.sock") + ": no instance answers there");
}

TEST_F(Instances, APathIsTakenAsItIs) {
  run("edge1");
  EXPECT_EQ(find_instance(directory_.path("edge1.sock"), "/nowhere")->name, "edge1");
  EXPECT_EQ(find("./nothing"), "./nothing: no instance answers there");
}

TEST_F(Instances, WhoIsNotLetInIsToldSo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  run("edge1");
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65'534) != 0 || ::setuid(65'534) != 0) ::_exit(3);
    const std::string expected =
        directory_.path("edge1.sock") + ": no permission to talk to this instance: be root, or in the group of the socket";
    ::_exit(find("") == expected && find("edge1") == expected ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace apps
