#include "apps/admin/http_server.h"

#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>

#include "tests/support/process.h"
#include "tests/support/raw_client.h"

namespace apps {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using support::body_of;
using support::field_of;
using support::RawClient;
using support::status_of;

/// A server on a Unix socket and one on a TCP port, with the same handler.
class AdminHttp : public testing::Test {
 protected:
  void SetUp() override {
    start(AdminAddress{directory_.path("a.sock"), {}});
    start(AdminAddress{"", {engine::Ipv4{127, 0, 0, 1}, 0}});
  }

  void start(const AdminAddress& address) {
    auto socket = ListenSocket::open(address, "x");
    ASSERT_TRUE(socket) << socket.error().message();
    if (!address.is_unix()) {
      sockaddr_in bound{};
      socklen_t size = sizeof bound;
      ASSERT_EQ(::getsockname(socket->fd(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
      port_ = ntohs(bound.sin_port);
    }
    servers_.push_back(
        std::make_unique<HttpServer>(std::move(*socket), [this](const AdminRequest& request) { return handle(request); }));
  }

  AdminAnswer handle(const AdminRequest& request) {
    if (request.path == "/throw") throw std::runtime_error{"a fault of ours"};
    if (request.path == "/large") return {200, "text/plain", std::string(8u << 20, 'x')};
    if (request.path == "/wait") {
      ++waiting_;
      while (!release_.load()) std::this_thread::sleep_for(1ms);
    }
    if (request.path == "/405") return {405, "text/plain", "no\n", "GET, HEAD"};
    return {200, "text/plain",
            request.method + " " + request.path + " host=" + request.host + " origin=" + request.origin +
                " body=" + request.body + (request.is_local ? " local" : "") + "\n"};
  }

  RawClient local() { return RawClient::unix_socket(directory_.path("a.sock")); }
  RawClient tcp() { return RawClient::tcp(port_); }
  /// One request on a connection of its own.
  std::string ask(std::string_view bytes) {
    RawClient client = local();
    EXPECT_TRUE(client.send(bytes));
    return client.response();
  }
  static constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

  support::TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  std::atomic<int> waiting_{0};
  std::atomic<bool> release_{false};
  std::vector<std::unique_ptr<HttpServer>> servers_;
};

TEST_F(AdminHttp, AnswersOverBothKindsOfSocketAndSaysWhichItWas) {
  RawClient one = local(), other = tcp();
  ASSERT_TRUE(one.send("GET /x HTTP/1.1\r\nHost: here:9\r\nOrigin: http://o\r\n\r\n"));
  ASSERT_TRUE(other.send("GET /x HTTP/1.1\r\nHost: here:9\r\nOrigin: http://o\r\n\r\n"));
  const std::string first = one.response(), second = other.response();
  EXPECT_EQ(status_of(first), "200");
  EXPECT_EQ(body_of(first), "GET /x host=here:9 origin=http://o body= local\n");
  EXPECT_EQ(body_of(second), "GET /x host=here:9 origin=http://o body=\n");
  EXPECT_EQ(field_of(first, "Content-Type"), "text/plain");
  EXPECT_EQ(field_of(first, "Cache-Control"), "no-store");
  EXPECT_EQ(field_of(first, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(field_of(first, "Access-Control-Allow-Origin"), "") << "no page of anybody else reads this";
}

TEST_F(AdminHttp, SaysWhereItListens) {
  EXPECT_EQ(servers_[0]->address(), "unix:" + directory_.path("a.sock"));
  EXPECT_TRUE(servers_[1]->address().starts_with("127.0.0.1:"));
}

TEST_F(AdminHttp, AConnectionCarriesManyRequestsAlsoPipelined) {
  RawClient client = tcp();
  const auto begin = Clock::now();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client.send(get));
    EXPECT_EQ(status_of(client.response()), "200");
  }
  EXPECT_LT(Clock::now() - begin, 1s) << "no answer waits for an ACK that is delayed";
  ASSERT_TRUE(client.send(std::string{get} + "GET /y HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_TRUE(body_of(client.response()).starts_with("GET /x"));
  EXPECT_TRUE(body_of(client.response()).starts_with("GET /y"));
}

TEST_F(AdminHttp, EndsTheConnectionWhenAskedTo) {
  for (const char* request : {"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n"}) {
    RawClient client = local();
    ASSERT_TRUE(client.send(request));
    EXPECT_EQ(status_of(client.response()), "200");
    EXPECT_TRUE(client.is_closed_within(2s)) << request;
  }
}

TEST_F(AdminHttp, HeadHasTheFieldsOfGetAndNoBody) {
  RawClient client = local();
  ASSERT_TRUE(client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n"));
  const std::string head = client.response(true);
  EXPECT_EQ(status_of(head), "200");
  EXPECT_NE(field_of(head, "Content-Length"), "0");
  ASSERT_TRUE(client.send(get));
  EXPECT_EQ(status_of(client.response()), "200") << "a body would stand here";
}

TEST_F(AdminHttp, EveryMethodReachesTheHandlerWithItsBody) {
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"})
    EXPECT_EQ(body_of(ask(method + " /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")),
              method + " /x host=h origin= body=hello local\n");
  EXPECT_EQ(status_of(ask("OPTIONS /x HTTP/1.1\r\nHost: h\r\n\r\n")), "200");
}

TEST_F(AdminHttp, WithoutALengthThereIsNoBody) {  // RFC 9112 6.3: `curl -X POST` sends no such field
  RawClient client = tcp();
  const auto begin = Clock::now();
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    ASSERT_TRUE(client.send(method + " /x HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(body_of(client.response()), method + " /x host=h origin= body=\n");
  }
  EXPECT_LT(Clock::now() - begin, 2s);
}

TEST_F(AdminHttp, SaysWhichMethodsAreAllowed) {
  EXPECT_EQ(field_of(ask("GET /405 HTTP/1.1\r\nHost: h\r\n\r\n"), "Allow"), "GET, HEAD");
}

TEST_F(AdminHttp, WhatIsNoRequestIsRefusedOrClosedAndHurtsNobody) {
  const std::string long_line(200'000, 'a');
  for (const std::string& bytes :
       {std::string{"\r\n\r\n"}, std::string{"GARBAGE\r\n\r\n"}, std::string{"GET\r\n\r\n"}, std::string{"GET /x\r\n\r\n"},
        std::string{"GET /x HTTP/9.9\r\n\r\n"}, std::string{"BREW /x HTTP/1.1\r\nHost: h\r\n\r\n"},
        std::string{"TRACE /x HTTP/1.1\r\nHost: h\r\n\r\n"}, std::string{"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"},
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), std::string("\0\0\0\r\n\r\n", 7),
        std::string{"GET /x HTTP/1.1\r\nno colon\r\n\r\n"} + "GET /x HTTP/1.1\r\n\r\n",
        "GET /" + long_line + " HTTP/1.1\r\nHost: h\r\n\r\n", "GET /x HTTP/1.1\r\nA: " + long_line + "\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n" + std::string{"x"},
        std::string{"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"},
        std::string{"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}}) {
    RawClient client = local();
    client.send(bytes, 2s);
    const std::string answer = client.response(false, 500ms);
    const bool may_be_good = bytes.find("no colon") != std::string::npos;  // such a line is skipped
    EXPECT_TRUE(answer.empty() || may_be_good || status_of(answer) >= "400") << bytes.substr(0, 60) << "\n" << answer;
    EXPECT_EQ(status_of(ask(get)), "200") << "after " << bytes.substr(0, 60);
  }
}

TEST_F(AdminHttp, ARefusalIsJson) {
  EXPECT_EQ(body_of(ask("BREW /x HTTP/1.1\r\nHost: h\r\n\r\n")), "{\"error\": \"not a request that can be answered\"}\n");
}

TEST_F(AdminHttp, ABodyBeyondTheLimitIsRefused) {
  RawClient client = tcp();
  const std::string body(HttpServer::body_bytes_max + 1, 'b');
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(status_of(client.response()), "413");
  RawClient much = tcp();
  EXPECT_FALSE(much.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n" + std::string(50'000'000, 'b')))
      << "nor is it read to its end";
  EXPECT_EQ(status_of(ask("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n" + std::string(65'536, 'b'))), "200");
}

TEST_F(AdminHttp, BytesOfARefusedBodyAreNoRequest) {  // request smuggling
  RawClient client = tcp();
  ASSERT_TRUE(
      client.send("GET /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1c\r\nGET /smuggled HTTP/1.1\r\n\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(client.receive_all().find("smuggled"), std::string::npos);
  RawClient other = tcp();
  const std::string inner = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_TRUE(other.send("GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner));
  const std::string answer = other.receive_all();
  EXPECT_EQ(answer.find("GET /smuggled host="), std::string::npos) << answer;
}

/// Resident memory of this process.
std::size_t resident_bytes() {
  const std::string status = support::file_text("/proc/self/status");
  return std::stoul(status.substr(status.find("VmRSS:") + 6)) * 1024;
}

TEST_F(AdminHttp, ARequestWithoutEndIsCutOff) {
  const std::size_t before = resident_bytes();
  for (const char* start : {"", "GET /", "GET /x HTTP/1.1\r\nA: ", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    RawClient client = tcp();
    client.send(start);
    const std::string megabyte(1u << 20, 'a');
    const auto begin = Clock::now();
    std::size_t taken = 0;
    while (taken < 200 && client.send(megabyte, 2s)) ++taken;
    EXPECT_LT(taken, 64u) << "'" << start << "' and so many MiB of nothing";
    EXPECT_LT(Clock::now() - begin, 5s) << start;
  }
  EXPECT_LT(resident_bytes() - std::min(resident_bytes(), before), std::size_t{200} << 20);
  EXPECT_EQ(status_of(ask(get)), "200");
}

TEST_F(AdminHttp, AFaultOfAHandlerIsAnAnswerToo) {
  RawClient client = local();
  ASSERT_TRUE(client.send("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n"));
  const std::string answer = client.response();
  EXPECT_EQ(status_of(answer), "500");
  EXPECT_EQ(body_of(answer), "{\"error\": \"internal error; the log says which\"}\n");
  EXPECT_EQ(status_of(ask(get)), "200");
}

TEST_F(AdminHttp, SilentClientsBlockNobody) {
  std::vector<RawClient> silent;
  for (int i = 0; i < 30; ++i) {
    silent.push_back(tcp());
    silent.push_back(local());
    if (i % 2 == 0) silent.back().send("GET /x HT");  // and some that stopped in the middle
  }
  const auto begin = Clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(ask(get)), "200");
  EXPECT_LT(Clock::now() - begin, 3s);
}

TEST_F(AdminHttp, ASlowClientIsServedAndBlocksNobody) {
  RawClient slow = tcp();
  for (const char c : get) {
    ASSERT_TRUE(slow.send(std::string_view{&c, 1}));
    EXPECT_EQ(status_of(ask(get)), "200");
  }
  EXPECT_EQ(status_of(slow.response()), "200");
}

TEST_F(AdminHttp, AClientThatDoesNotReadBlocksNobody) {
  RawClient reader = tcp();
  reader.shrink_receive_buffer();
  ASSERT_TRUE(reader.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"));
  const auto begin = Clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(ask(get)), "200");
  EXPECT_LT(Clock::now() - begin, 3s);
}

TEST_F(AdminHttp, ALargeAnswerArrivesWhole) {
  EXPECT_EQ(body_of(ask("GET /large HTTP/1.1\r\nHost: h\r\n\r\n")), std::string(8u << 20, 'x'));
}

TEST_F(AdminHttp, AHandlerThatWaitsHoldsUpItsOwnClientOnly) {
  RawClient first = local(), second = local();
  ASSERT_TRUE(first.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(second.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  while (waiting_.load() < 2) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(status_of(ask(get)), "200");
  release_.store(true);
  EXPECT_EQ(status_of(first.response()), "200");
  EXPECT_EQ(status_of(second.response()), "200");
}

TEST_F(AdminHttp, BeyondTheLimitOfConnectionsOthersWaitAndAreServed) {
  std::vector<RawClient> all;
  for (std::size_t i = 0; i < HttpServer::connections_max; ++i) all.push_back(local());
  for (RawClient& client : all) {
    ASSERT_TRUE(client.send(get));
    ASSERT_EQ(status_of(client.response()), "200");
  }
  RawClient one_more = local();
  ASSERT_TRUE(one_more.send(get));
  EXPECT_EQ(one_more.response(false, 200ms), "") << "it waits in the kernel's queue";
  all.pop_back();
  EXPECT_EQ(status_of(one_more.response()), "200");
}

TEST_F(AdminHttp, StoppingWaitsForNoClient) {
  std::vector<RawClient> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(tcp());
    ASSERT_TRUE(all.back().send(i % 2 == 0 ? std::string{get} : "GET /x"));
  }
  const auto begin = Clock::now();
  servers_.clear();
  EXPECT_LT(Clock::now() - begin, 2s);
  for (RawClient& client : all) EXPECT_TRUE(client.is_closed_within(1s));
  EXPECT_FALSE(local().connected());
}

}  // namespace
}  // namespace apps
