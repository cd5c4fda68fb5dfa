#include "http/target.h"

#include <gtest/gtest.h>
#include <random>
#include <string>

#include "http/chars.h"

namespace http {
namespace {

std::string normal(std::string_view path) {
  std::string buffer(path.size(), '?');
  const NormalPath result = normalise_path(path, buffer);
  return result.why == Reject::none ? std::string{result.path} : std::string{info(result.why).name};
}

TEST(NormalisePath, LeavesNormalPathsInPlace) {
  for (const std::string path :
       {"/", "*", "/a", "/a/", "/a.b/c..d/e.", "/a;b=c/d", "/users/42/photos/large/front-door.jpeg/and/some/more"}) {
    std::string buffer(path.size(), '?');
    const NormalPath result = normalise_path(path, buffer);
    EXPECT_EQ(result.path.data(), path.data()) << path;
    EXPECT_EQ(result.path, path);
    EXPECT_TRUE(is_plainly_normal(path));
  }
}

TEST(NormalisePath, RemovesDotSegments) {         // RFC 3986 5.2.4
  EXPECT_EQ(normal("/a/b/c/./../../g"), "/a/g");  // the RFC's own example
  EXPECT_EQ(normal("/./a"), "/a");
  EXPECT_EQ(normal("/a/."), "/a/");
  EXPECT_EQ(normal("/a/.."), "/");
  EXPECT_EQ(normal("/a/b/.."), "/a/");
  EXPECT_EQ(normal("/a/b/../"), "/a/");
  EXPECT_EQ(normal("/."), "/");
  EXPECT_EQ(normal("/.."), "/");
  EXPECT_EQ(normal("/a/../../../etc/passwd"), "/etc/passwd");
  EXPECT_EQ(normal("/../../a"), "/a");
  EXPECT_EQ(normal("/a/.b/..c/...../d."), "/a/.b/..c/...../d.");
  EXPECT_EQ(normal("/.well-known/x"), "/.well-known/x");
}

TEST(NormalisePath, MergesSlashesBeforeDots) {
  EXPECT_EQ(normal("//"), "/");
  EXPECT_EQ(normal("//a///b//"), "/a/b/");
  EXPECT_EQ(normal("/a//../b"), "/b");
  EXPECT_EQ(normal("/a/..//"), "/");
}

TEST(NormalisePath, DecodesUnreservedTripletsOnly) {  // RFC 3986 6.2.2.2
  EXPECT_EQ(normal("/%41%7a%30%2D%5f%7E"), "/Az0-_~");
  EXPECT_EQ(normal("/%2f%3a%20%e4%25"), "/%2F%3A%20%E4%25");
  EXPECT_EQ(normal("/a%2Fb"), "/a%2Fb");
  EXPECT_EQ(normal("/%252e%252e/x"), "/%252e%252e/x");  // decoded once only: "%25" stays, "2e" is text
}

TEST(NormalisePath, EncodedDotsAreDots) {
  EXPECT_EQ(normal("/a/%2e%2E/b"), "/b");
  EXPECT_EQ(normal("/a/.%2e/b"), "/b");
  EXPECT_EQ(normal("/a/%2e/b"), "/a/b");
  EXPECT_EQ(normal("/%2e%2e/%2e%2e/etc"), "/etc");
}

TEST(NormalisePath, RefusesTripletsThatAreNone) {
  for (const char* bad : {"/%", "/%4", "/%4g", "/%g4", "/a%/b", "/%%41", "/%u002e", "/% 41", "/x%2", "/%00", "/a%00.html"})
    EXPECT_EQ(normal(bad), "bad_target") << bad;
}

TEST(NormalisePath, RefusesDotsThatOnlySomeReadersSee) {
  for (const char* bad : {"/a/..;/b", "/..;x=y", "/.;/a", "/a/..%2fb", "/a/..%2F..%2fb", "/a%2f..%2fb", "/a/b%5c..",
                          "/%2e%2e%5cb", "/a/%2e%2e;x", "/a%2f.%2fb"})
    EXPECT_EQ(normal(bad), "bad_target") << bad;
  for (const char* good : {"/a;..", "/a;b=..;c", "/a..;b", "/a%2F..b", "/a%2F...%2Fb"}) EXPECT_EQ(normal(good), good);
}

/// Random paths out of the pieces that matter: the result is a fixed point, never grows, never holds a dot segment or "//".
TEST(NormalisePath, IsAFixedPointForRandomPaths) {
  constexpr std::string_view pieces[] = {"/", "/", ".",   "..",  "%2e", "%2F", "%5c", ";",
                                         "a", "b", "%41", "%25", "%",   "//",  "%e4", "longer-segment"};
  std::mt19937 random{2};
  int refused = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string path = "/";
    for (unsigned n = static_cast<unsigned>(random() % 12); n > 0; --n) path += pieces[random() % std::size(pieces)];
    std::string buffer(path.size(), '?');
    const NormalPath result = normalise_path(path, buffer);
    if (result.why != Reject::none) {
      ++refused;
      ASSERT_FALSE(is_plainly_normal(path)) << path;
      continue;
    }
    const std::string once{result.path};
    ASSERT_TRUE(once.starts_with('/') && once.size() <= path.size()) << path;
    ASSERT_EQ(normal(once), once) << path;
    ASSERT_EQ((once + "/").find("/./"), std::string::npos) << path;
    ASSERT_EQ((once + "/").find("/../"), std::string::npos) << path;
    ASSERT_EQ(once.find("//"), std::string::npos) << path;
    if (is_plainly_normal(path)) {
      ASSERT_EQ(once, path);
    }
  }
  EXPECT_GT(refused, 1'000);
}

TEST(NormalisePath, TheScanSeesEveryOffset) {
  for (std::size_t size = 2; size < 100; ++size) {
    for (std::size_t at = 0; at + 1 < size; ++at) {
      for (const std::string_view odd : {"//", "/.", "%4"}) {
        std::string path(size, 'a');
        path[0] = '/';
        if (at == 1 && odd[0] == '/') continue;  // would be one more slash
        path.replace(at, 2, odd);
        ASSERT_FALSE(is_plainly_normal(path)) << path;
      }
      std::string path(size, 'a');
      path[0] = '/';
      path.replace(at, 2, "a.");
      ASSERT_TRUE(is_plainly_normal(path)) << path;
    }
  }
}

}  // namespace
}  // namespace http
