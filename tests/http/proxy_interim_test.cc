// Interim responses and Expect.   Spec: RFC 9110 10.1.1, 15.2.
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

TEST(ProxyInterim, EarlyHintsPassToAnHttp11Client) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  server.sends("HTTP/1.1 103 Early Hints\nLink: </a.css>\n\n");
  EXPECT_EQ(client.sees(), "HTTP/1.1 103 Early Hints\nLink: </a.css>\nVia: 1.1 penstock\n\n");
  server.sends("HTTP/1.1 103 Early Hints\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nhi");
  EXPECT_EQ(client.sees(),
            "HTTP/1.1 103 Early Hints\nVia: 1.1 penstock\n\n" + returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi");
  EXPECT_EQ(world.requests(103), 0u) << "a request is counted once";
  EXPECT_EQ(world.requests(200), 1u);
}

TEST(ProxyInterim, AnHttp10ClientSeesOnlyTheFinalResponse) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.0\nHost: x\n\n");
  auto server = world.accepted();
  server.sends("HTTP/1.1 103 Early Hints\nLink: </a.css>\n\n");
  server.sends("HTTP/1.1 102 Processing\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nhi");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 2", "close") + "hi");
}

TEST(ProxyInterim, AnInterimResponseInPieces) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  for (const char c : std::string_view{"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"})
    server.sends_bytes({&c, 1});
  EXPECT_EQ(client.sees(),
            "HTTP/1.1 103 Early Hints\nVia: 1.1 penstock\n\n" + returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi");
}

TEST(ProxyInterim, WeAnswer100ContinueAndTheServerDoesNotSeeTheExpectation) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 3\nExpect: 100-continue\n\n");
  EXPECT_EQ(client.sees(), "HTTP/1.1 100 Continue\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nContent-Length: 3"));
  client.sends("abc");
  EXPECT_EQ(server.sees(), "abc");
  server.sends("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 0\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 0")) << "100 comes once";
  EXPECT_EQ(client.state(), "open");
}

TEST(ProxyInterim, ARefusalComesInsteadOf100) {
  ProxyWorld world{{.edit = [](SiteParts& parts) { parts.rules[0].path = ExactPath{"/a"}; }}};
  auto client = world.connect();
  client.sends("POST /b HTTP/1.1\nHost: x\nContent-Length: 3\nExpect: 100-continue\n\n");
  EXPECT_EQ(client.sees(), refusal("404 Not Found", "close")) << "whether the body follows nobody knows";
  EXPECT_EQ(client.state(), "closed");
}

TEST(ProxyInterim, OtherExpectationsFail) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 3\nExpect: more\n\n");
  EXPECT_EQ(client.sees(), refusal("417 Expectation Failed", "close"));
  EXPECT_FALSE(world.has_accepted());
}

TEST(ProxyInterim, NoContinueForARequestWithoutABody) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\nExpect: 100-continue\n\n");
  world.accepted().sends("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 0"));
}

}  // namespace
}  // namespace http
