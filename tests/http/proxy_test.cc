// Requests through the proxy and back: what each side sees.   Spec: RFC 9110 7.6, RFC 9112 6 and 9.
#include "http/proxy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

TEST(Proxy, ForwardsARequestAndItsResponse) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /a?b=c HTTP/1.1\nHost: x\nAccept: */*\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("GET /a?b=c HTTP/1.1\nHost: x\nAccept: */*"));
  server.sends("HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 2\n\nhi");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 2") + "hi");
  EXPECT_EQ(client.state(), "open");
  EXPECT_EQ(server.state(), "open");
  EXPECT_EQ(world.requests(200), 1u);
}

TEST(Proxy, FieldsOfAConnectionStayOnIt) {  // RFC 9110 7.6.1
  ProxyWorld world;
  auto client = world.connect();
  client.sends(
      "GET / HTTP/1.1\nHost: x\nConnection: keep-alive, X-Hop\nX-Hop: 1\nKeep-Alive: timeout=5\nTE: trailers\n"
      "Upgrade: h2c\nProxy-Connection: close\nX-Stays: 2\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("GET / HTTP/1.1\nHost: x\nX-Stays: 2"));
  server.sends("HTTP/1.1 200 OK\nConnection: X-Own\nX-Own: 1\nKeep-Alive: timeout=5\nUpgrade: h2c\nContent-Length: 0\nA: b\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nA: b\nContent-Length: 0"));
}

TEST(Proxy, ThePathIsNormalisedForTheServerAndTheQueryIsNot) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /a/../%62/./c?x=/../y HTTP/1.1\nHost: x\n\n");
  EXPECT_TRUE(world.accepted().sees().starts_with("GET /b/c?x=/../y HTTP/1.1\n"));
}

TEST(Proxy, ADateOfTheServerStays) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  world.accepted().sends("HTTP/1.1 200 OK\nDate: Thu, 01 Jan 1998 00:00:00 GMT\nContent-Length: 0\n\n");
  EXPECT_EQ(client.sees(), "HTTP/1.1 200 OK\nDate: Thu, 01 Jan 1998 00:00:00 GMT\nContent-Length: 0\nVia: 1.1 penstock\n\n");
}

// --- bodies

TEST(Proxy, BodiesWithContentLength) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 5\n\n12345");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nContent-Length: 5") + "12345");
  server.sends("HTTP/1.1 201 Created\nContent-Length: 5\n\nab");
  server.sends("c");
  server.sends("de");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 201 Created\nContent-Length: 5") + "abcde");
  EXPECT_EQ(client.state(), "open");
}

TEST(Proxy, ChunkedBodiesAreChunkedAnewWithoutExtensionsAndTrailers) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("PUT / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n3;q=\"1\"\nabc\n2\nde\n0\nX-Sum: 1\n\n");
  auto server = world.accepted();
  const std::string seen = server.sees_bytes();
  const std::size_t body = seen.find("\r\n\r\n") + 4;
  EXPECT_TRUE(seen.find("\r\nTransfer-Encoding: chunked\r\n") < body);
  EXPECT_EQ(dechunked(seen.substr(body)), "abcde");
  EXPECT_EQ(seen.find("X-Sum"), std::string::npos);
  server.sends("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\n1234\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "4\n1234");
  server.sends("1\n5\n0\n\n");
  EXPECT_EQ(client.sees(), "\n1\n5\n0\n\n");
  EXPECT_EQ(client.state(), "open");
  EXPECT_EQ(server.state(), "open");
}

TEST(Proxy, AnEmptyChunkedBodyIsALastChunk) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n0\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked") + "0\n\n");
  server.sends("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "0\n\n");
}

TEST(Proxy, LargeBodiesBothWays) {
  ProxyWorld world;
  auto client = world.connect();
  const std::string body = long_body(3'000'000);
  client.queues("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + body);
  auto server = world.accepted();
  EXPECT_TRUE(world.run_until([&] { return server.received() > body.size(); }));
  EXPECT_TRUE(server.sees_bytes().ends_with("\r\n\r\n" + body));
  server.queues("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + body);
  EXPECT_TRUE(world.run_until([&] { return client.received() > body.size(); }));
  EXPECT_TRUE(client.sees_bytes().ends_with("\r\n\r\n" + body));
  EXPECT_EQ(world.counters().listeners[0].request_bytes.get(), body.size() + 53u);
}

TEST(Proxy, HeadAnd304And204HaveNoBody) {  // RFC 9112 6.3, step 1
  ProxyWorld world;
  auto client = world.connect();
  client.sends("HEAD / HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  EXPECT_TRUE(server.sees().starts_with("HEAD / HTTP/1.1\n"));
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1000\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1000"));
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  server.sends("HTTP/1.1 304 Not Modified\nContent-Length: 1000\nETag: \"a\"\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 304 Not Modified\nContent-Length: 1000\nETag: \"a\""));
  client.sends("DELETE / HTTP/1.1\nHost: x\n\n");
  server.sends("HTTP/1.1 204 No Content\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 204 No Content"));
  EXPECT_EQ(world.counters().upstream_opened.get(), 1u) << "each was seen to its end: one connection served all three";
}

TEST(Proxy, AHeadInLargePieces) {
  ProxyWorld world;
  auto client = world.connect();
  std::string fields;
  client.sends("GET / HTTP/1.1\nHost: x\n");
  for (int i = 0; i < 6; ++i) {  // too large to be joined while they wait, each ending with a line
    const std::string field = fmt::format("Field-{}: {}\n", i, std::string(1'100, 'a'));
    client.sends(field);
    fields += field;
  }
  client.sends("\n");
  fields.pop_back();
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("GET / HTTP/1.1\nHost: x\n" + fields));
  server.sends("HTTP/1.1 200 OK\nContent-Length: 2\n");
  for (int i = 0; i < 6; ++i) server.sends(fmt::format("Field-{}: {}\n", i, std::string(1'100, 'a')));
  server.sends("\nhi");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\n" + fields + "\nContent-Length: 2") + "hi");
}

// --- pipelining

TEST(Proxy, PipelinedRequestsAreAnsweredInOrder) {  // RFC 9112 9.3.2
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\n\nPOST /2 HTTP/1.1\nHost: x\nContent-Length: 3\n\nabcGET /3 HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("GET /1 HTTP/1.1\nHost: x"));
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n1");
  EXPECT_EQ(server.sees(), forwarded("POST /2 HTTP/1.1\nHost: x\nContent-Length: 3") + "abc");
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n2");
  EXPECT_EQ(server.sees(), forwarded("GET /3 HTTP/1.1\nHost: x"));
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n3");
  const std::string one = returned("HTTP/1.1 200 OK\nContent-Length: 1");
  EXPECT_EQ(client.sees(), one + "1" + one + "2" + one + "3");
}

TEST(Proxy, AMalformedRequestInThePipelineIsAnsweredInItsPlaceAndEndsIt) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\n\nGET /2 HTTP/1.1\nno colon\n\nGET /3 HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n1");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1") + "1" + refusal("400 Bad Request", "close"));
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.sees(), forwarded("GET /1 HTTP/1.1\nHost: x"));
}

TEST(Proxy, AFailedRequestInThePipelineDoesNotEndIt) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\n\nGET /2 HTTP/1.1\nHost: x\n\n");
  world.accepted().sends("garbage\n\n");
  EXPECT_EQ(client.sees(), refusal("502 Bad Gateway"));
  world.accepted().sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n2");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1") + "2");
}

TEST(Proxy, RequestsThatCameBeforeTheClientsFinAreAnswered) {  // RFC 9112 9.6: a client may half-close
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\n\nGET /2 HTTP/1.1\nHost: x\n\n");
  client.shuts();
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n1");
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n2");
  const std::string one = returned("HTTP/1.1 200 OK\nContent-Length: 1");
  EXPECT_EQ(client.sees(), one + "1" + one + "2");
  EXPECT_EQ(client.state(), "closed");
}

// --- persistence towards the client

TEST(Proxy, ConnectionCloseOfTheClientIsHonoured) {  // RFC 9112 9.6
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\nConnection: close\n\nGET /2 HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("GET /1 HTTP/1.1\nHost: x")) << "the server's connection is another one";
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n1");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1", "close") + "1");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "open");
}

TEST(Proxy, ConnectionCloseOfTheServerIsNotTheClients) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\n\n");
  auto first = world.accepted();
  first.sends("HTTP/1.1 200 OK\nConnection: close\nContent-Length: 1\n\n1");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1") + "1");
  EXPECT_EQ(first.state(), "closed");
  client.sends("GET /2 HTTP/1.1\nHost: x\n\n");
  world.accepted().sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n2");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1") + "2");
}

TEST(Proxy, AnHttp10ClientWithoutKeepAliveGetsOneAnswer) {  // RFC 9112 9.3
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.0\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(),
            "GET / HTTP/1.1\nHost: 10.0.0.2:8001\nVia: 1.0 penstock\nX-Forwarded-For: 10.0.0.1\nX-Forwarded-Proto: http\n\n");
  server.sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n1");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1", "close") + "1");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "open");
}

TEST(Proxy, AnHttp10ClientWithKeepAliveKeepsItsConnection) {
  ProxyWorld world;
  auto client = world.connect();
  for (int i = 0; i < 2; ++i) {
    client.sends("GET / HTTP/1.0\nHost: x\nConnection: keep-alive\n\n");
    if (i == 0) world.accepted().sends("HTTP/1.1 200 OK\nContent-Length: 1\nConnection: close\n\n1");
    if (i == 1) world.accepted().sends("HTTP/1.1 200 OK\nContent-Length: 1\n\n1");
    EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 1", "keep-alive") + "1");
    EXPECT_EQ(client.state(), "open");
  }
}

TEST(Proxy, AnHttp10ClientGetsAChunkedResponseUntilTheEndOfTheConnection) {  // RFC 9112 6.1, 7
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.0\nHost: x\nConnection: keep-alive\n\n");
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK", "close") + "abcde");
  EXPECT_EQ(client.state(), "open");
  server.sends("0\n\n");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "open") << "its response was complete";
}

TEST(Proxy, AResponseThatEndsWithTheConnectionIsChunkedForHttp11) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\n\nabc");
  server.sends("de");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "3\nabc\n2\nde");
  server.shuts();
  EXPECT_EQ(client.sees(), "\n0\n\n");
  EXPECT_EQ(client.state(), "open");
  EXPECT_EQ(server.state(), "closed");
}

TEST(Proxy, AResponseThatEndsWithTheConnectionAndHasNoBytes) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  server.queues("HTTP/1.1 200 OK\r\n\r\n");
  server.shuts();
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "0\n\n");
  EXPECT_EQ(client.state(), "open");
}

TEST(Proxy, AResponseOfHttp10EndsWithTheConnectionForAnHttp10Client) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.0\nHost: x\n\n");
  auto server = world.accepted();
  server.sends("HTTP/1.0 200 OK\n\nabc");
  server.shuts();
  EXPECT_EQ(client.sees(), "HTTP/1.1 200 OK\nVia: 1.0 penstock\nDate: <now>\nConnection: close\n\nabc");
  EXPECT_EQ(client.state(), "closed");
}

}  // namespace
}  // namespace http
