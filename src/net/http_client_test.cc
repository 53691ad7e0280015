#include "net/http_client.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <latch>

#include "base/testing/matchers.h"
#include "net/testing/socket_server.h"
#include "net/testing/test_server.h"

namespace sluice::net::testing {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpClientTest : public ServerTest {
 protected:
  // Shows a request as it came: method, target, all headers, body.
  void StartMirror(ServerOptions options = {}) {
    dispatcher_.On("/mirror", [](Request& request) { return Mirror(request); });
    dispatcher_.On("/../a//b/./%2e%2E/%7e%2f+c", [](Request& request) { return Mirror(request); });
    Start(std::move(options));
  }
  static Response Mirror(Request& request) {
    std::string text = std::string(MethodName(request.method)) + " " + request.target + "\n";
    for (const auto& [name, value] : request.headers.fields()) {
      text += "[" + name + "=" + value + "]";
    }
    return Response::Text(200, "text/plain", text + "\n" + request.body);
  }
  ClientRequest Ask(std::string_view target, Method method = Method::kGet, std::string body = {}) {
    ClientRequest request;
    request.method = method;
    request.url = server_->url() + std::string(target);
    request.body = std::move(body);
    request.timeout = Millis(30'000);
    return request;
  }
  std::string BodyOf(const ClientRequest& request) {
    auto answer = client_.Call(request);
    return answer ? std::move(answer->body) : "error: " + answer.error().message;
  }

  HttpClient client_{{.proxy = "none"}};
};

TEST_F(HttpClientTest, SendsTheTargetByteForByte) {
  StartMirror();
  EXPECT_THAT(BodyOf(Ask("/../a//b/./%2e%2E/%7e%2f+c?x=%2f&y=a+b&&z&x=1")),
              HasSubstr("GET /../a//b/./%2e%2E/%7e%2f+c?x=%2f&y=a+b&&z&x=1\n"));
}

TEST_F(HttpClientTest, PutAndPostCarryTheirBodyAndNothingInvented) {
  StartMirror();
  const std::string large = Pattern(1'500'000);  // libcurl would ask for leave to send it
  for (const Method method : {Method::kPut, Method::kPost}) {
    const std::string name(MethodName(method));
    for (const std::string& body : {std::string(), std::string("a\0b", 3), large}) {
      const std::string seen = BodyOf(Ask("/mirror", method, body));
      EXPECT_TRUE(seen.starts_with(name + " /mirror\n")) << seen.substr(0, 200);
      EXPECT_TRUE(seen.ends_with("\n" + body)) << name << " of " << body.size();
      EXPECT_THAT(seen.substr(0, 300),
                  HasSubstr("[Content-Length=" + std::to_string(body.size()) + "]"));
      for (const char* absent : {"Expect", "Content-Type", "Transfer-Encoding", "Accept-Encoding",
                                 "Cookie", "Authorization"}) {
        EXPECT_THAT(seen.substr(0, 300), Not(HasSubstr(absent)));
      }
    }
  }
}

TEST_F(HttpClientTest, HeadersGoOutAsGiven) {
  StartMirror();
  ClientRequest request = Ask("/mirror", Method::kPut, "x");
  request.headers.Add("Content-Type", "application/xml");
  request.headers.Add("X-Empty", "");
  request.headers.Add("X-Blank", "  ");
  request.headers.Add("X-Twice", "one");
  request.headers.Add("X-Twice", "two: three");
  request.headers.Add("Host", "bucket.example:81");
  EXPECT_THAT(BodyOf(request),
              HasSubstr("[Content-Type=application/xml][X-Empty=][X-Blank=][X-Twice=one]"
                        "[X-Twice=two: three]"));
  EXPECT_THAT(BodyOf(request), HasSubstr("[Host=bucket.example:81]"));
}

TEST_F(HttpClientTest, RefusesHeadersThatAreNotOneLine) {
  StartMirror();
  for (const std::string& value :
       {std::string("a\r\nX-More: b"), std::string("a\n"), std::string("a\0b", 3)}) {
    ClientRequest request = Ask("/mirror");
    request.headers.Add("X", value);
    EXPECT_THAT(client_.Call(request), IsError(Code::kInvalidArgument));
  }
  ClientRequest request = Ask("/mirror");
  request.headers.Add("", "x");
  EXPECT_THAT(client_.Call(request), IsError(Code::kInvalidArgument));
}

TEST_F(HttpClientTest, HeadHasTheHeadersOfGetAndNoBody) {
  dispatcher_.On("/x", [](Request& request) {
    Response response;
    response.headers.Add("ETag", "\"7\"");
    if (request.method == Method::kHead) {
      response.head_length = 5'000'000'000;
    } else {
      response.body = "later";
    }
    return response;
  });
  Start();
  const auto answer = client_.Call(Ask("/x", Method::kHead), ByteCount{0}).value();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.Find("content-length"), "5000000000");
  EXPECT_EQ(answer.headers.Find("etag"), "\"7\"");
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(BodyOf(Ask("/x")), "later");
}

TEST_F(HttpClientTest, EveryStatusIsAnAnswerRedirectsToo) {
  dispatcher_.On("/moved", [](Request&) {
    Response response = Response::Text(307, "text/plain", "elsewhere");
    response.headers.Add("Location", "/mirror");
    response.headers.Add("Set-Cookie", "a=b");
    response.headers.Add("Content-Encoding", "gzip");
    return response;
  });
  StartMirror();
  const auto answer = client_.Call(Ask("/moved")).value();
  EXPECT_EQ(answer.status, 307);
  EXPECT_EQ(answer.body, "elsewhere");  // not taken for gzip
  EXPECT_THAT(BodyOf(Ask("/mirror")), Not(HasSubstr("Cookie")));
  EXPECT_EQ(client_.Call(Ask("/none")).value().status, 404);
}

TEST_F(HttpClientTest, TheBodyHasALimit) {
  dispatcher_.On("/x", [](Request&) { return Response::Text(200, "text/plain", "12345"); });
  Start();
  EXPECT_THAT(client_.Call(Ask("/x"), ByteCount{5}), IsOk());
  EXPECT_THAT(client_.Call(Ask("/x"), ByteCount{4}), IsError(Code::kResourceExhausted, "4 B"));
  EXPECT_THAT(client_.Call(Ask("/x"), ByteCount{5}), IsOk());
}

TEST_F(HttpClientTest, ASinkMayEndTheCall) {
  dispatcher_.On("/x", [](Request&) { return Response::Text(200, "text/plain", "12345"); });
  Start();
  EXPECT_THAT(client_.Stream(Ask("/x"),
                             [](std::string_view) -> Status { return Fail(Code::kCorrupt, "no"); }),
              IsError(Code::kCorrupt, "no"));
}

TEST_F(HttpClientTest, OnlyWebUrls) {
  for (const char* url :
       {"", "file:///etc/passwd", "ftp://127.0.0.1/", "localhost", "http://", "https:/x",
        "gopher://127.0.0.1/", "http://[::1", "http://a b/", "http://x:99999/"}) {
    ClientRequest request;
    request.url = url;
    EXPECT_THAT(client_.Call(request), IsError(Code::kInvalidArgument, "not an http")) << url;
  }
}

TEST_F(HttpClientTest, SaysWhyThereIsNoAnswer) {
  ClientRequest request;
  request.url = "http://127.0.0.1:1/path?X-Amz-Signature=secret";
  const auto refused = client_.Call(request);
  ASSERT_THAT(refused, IsError(Code::kUnavailable));
  EXPECT_EQ(refused.error().reason, kNetConnect);
  EXPECT_THAT(refused.error().detail, HasSubstr("127.0.0.1"));
  EXPECT_THAT(refused.error().detail + refused.error().message, Not(HasSubstr("secret")));

  std::latch over(1);
  dispatcher_.On("/slow", [&](Request&) {
    over.wait();
    return Response::Text(200, "text/plain", "");
  });
  Start();
  ClientRequest slow = Ask("/slow?X-Amz-Signature=secret");
  slow.timeout = Millis(50);
  const auto late = client_.Call(slow);
  over.count_down();
  server_.reset();  // the handler has ended, too
  ASSERT_THAT(late, IsError(Code::kUnavailable));
  EXPECT_EQ(late.error().reason, kNetTimeout);
  EXPECT_THAT(late.error().detail + late.error().message, Not(HasSubstr("secret")));
}

TEST_F(HttpClientTest, TheProxyIsTheOneThatWasSet) {
  SocketServer proxy([](Socket& socket) {
    const auto head = socket.TakeUntil("\r\n\r\n");
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nby");
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
  dispatcher_.On("/x", [](Request&) { return Response::Text(200, "text/plain", "direct"); });
  Start();
  EXPECT_EQ(HttpClient({.proxy = url}).Call(Ask("/x")).value().body, "by");
  ::setenv("http_proxy", url.c_str(), 1);
  EXPECT_EQ(HttpClient().Call(Ask("/x")).value().body, "by");
  EXPECT_EQ(client_.Call(Ask("/x")).value().body, "direct");
  ::setenv("no_proxy", "127.0.0.1", 1);
  EXPECT_EQ(HttpClient().Call(Ask("/x")).value().body, "direct");
  EXPECT_EQ(HttpClient({.proxy = url}).Call(Ask("/x")).value().body, "by");
  ::unsetenv("http_proxy");
  ::unsetenv("no_proxy");
}

TEST_F(HttpClientTest, AProxysPasswordIsNotRepeated) {
  Start();
  for (const char* proxy : {"gopher://user:secret@127.0.0.1:1", "http://user:secret@127.0.0.1:x",
                            "http://user:secret@127.0.0.1:1", "http://user:secret@[::1:9"}) {
    const auto failed = HttpClient({.proxy = proxy}).Call(Ask("/x"));
    ASSERT_FALSE(failed.has_value()) << proxy;
    EXPECT_THAT(failed.error().detail, Not(HasSubstr("secret"))) << proxy;
  }
}

// ---- answers that no sound server gives ----

class OddAnswerTest : public ::testing::Test {
 protected:
  // The answer to one request whose server sends just `text` and closes.
  Result<ClientResponse> AnswerTo(std::string text, ClientOptions options = {}) {
    options.proxy = "none";
    SocketServer server([&](Socket& socket) {
      if (socket.TakeUntil("\r\n\r\n")) socket.Send(text);
    });
    ClientRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    request.timeout = Millis(30'000);
    return HttpClient(options).Call(request);
  }
  std::string_view ReasonFor(std::string text, ClientOptions options = {}) {
    const auto answer = AnswerTo(std::move(text), std::move(options));
    if (answer.has_value()) return "success";
    return answer.error().code == Code::kUnavailable ? answer.error().reason : "other code";
  }
};

TEST_F(OddAnswerTest, HeaderEdges) {
  const auto answer = AnswerTo(
      "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
      "HTTP/1.1 200\r\nX-None:\r\nX-Spaces: \t a b \t\r\nX-Colons: a:b: c\r\nX-Twice: 1\r\n"
      "x-twice: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n");
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "abc");
  EXPECT_EQ(answer->headers.Find("X-None"), "");
  EXPECT_EQ(answer->headers.Find("X-Spaces"), "a b");
  EXPECT_EQ(answer->headers.Find("X-Colons"), "a:b: c");
  EXPECT_EQ(answer->headers.Find("X-Twice"), "1");
  EXPECT_EQ(answer->headers.Find("X-Early"), std::nullopt);
  EXPECT_EQ(answer->headers.Find("X-Trailer"), std::nullopt);
}

TEST_F(OddAnswerTest, TheHeaderHasALimit) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
  ClientOptions options;
  options.max_header = KiB(1);
  const auto with_size = [&](size_t size) {
    return head + std::string(size - head.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(ReasonFor(with_size(1024), options), "success");
  EXPECT_EQ(ReasonFor(with_size(1025), options), kNetHeader);
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 5000; ++i) many += "A: bcdefghijkl\r\n";
  EXPECT_EQ(ReasonFor(many + "\r\n"), kNetHeader);
  std::string early;
  for (int i = 0; i < 5000; ++i) early += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(ReasonFor(early), kNetHeader);
}

TEST_F(OddAnswerTest, WhatIsNotWholeIsAnError) {
  EXPECT_EQ(ReasonFor(""), kNetCut);
  EXPECT_EQ(ReasonFor("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"), kNetCut);
  EXPECT_EQ(ReasonFor("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), kNetCut);
  EXPECT_EQ(ReasonFor("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), kNetCut);
  EXPECT_EQ(ReasonFor("HTTP/1.1 200 OK\r\nContent-Le"), kNetCut);
  EXPECT_EQ(ReasonFor("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), kNetCut);
  EXPECT_EQ(ReasonFor("HTTP/1.1 100 Continue\r\n\r\n"), kNetCut);
  EXPECT_EQ(ReasonFor("\x16\x03\x01 hello"), kNetProtocol);
  EXPECT_NE(ReasonFor("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"), "success");
}

TEST_F(OddAnswerTest, MoreThanItsLengthIsNotTaken) {
  const auto answer = AnswerTo("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdefg");
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "abc");
}

TEST_F(OddAnswerTest, WhatComesAfterAnAnswerIsNotTheNextOne) {
  std::latch sent(1);
  SocketServer server([&](Socket& socket) {
    if (!socket.TakeUntil("\r\n\r\n")) return;
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright");
    if (server.connections() == 1) {
      socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
      sent.count_down();
    }
    socket.TakeToEnd();
  });
  ClientRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  HttpClient client({.proxy = "none"});
  EXPECT_EQ(client.Call(request).value().body, "right");
  sent.wait();
  EXPECT_EQ(client.Call(request).value().body, "right");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(OddAnswerTest, ATrickleIsCutOff) {
  std::latch over(1);
  SocketServer server([&](Socket& socket) {
    if (!socket.TakeUntil("\r\n\r\n")) return;
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    over.wait();
  });
  ClientRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  HttpClient client({.stall_timeout = Millis(100), .proxy = "none"});  // is taken as a second
  const auto answer = client.Call(request);
  over.count_down();
  ASSERT_THAT(answer, IsError(Code::kUnavailable));
  EXPECT_EQ(answer.error().reason, kNetTimeout);
}

TEST_F(OddAnswerTest, AHandshakeThatComesToNothing) {
  SocketServer server([](Socket& socket) { socket.Send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  ClientRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  const auto answer = HttpClient({.proxy = "none"}).Call(request);
  ASSERT_THAT(answer, IsError(Code::kUnavailable));
  EXPECT_EQ(answer.error().reason, kNetTls);
}

// ---- certificates ----

class CertificateTest : public ServerTest {
 protected:
  CertificateTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("sluice_http_client_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    const auto context = MakeTlsContext({.self_signed = true}).value();
    BIO* certificate = BIO_new_file((folder_ / "ca.pem").c_str(), "w");
    PEM_write_bio_X509(certificate, SSL_CTX_get0_certificate(context.get()));
    BIO_free(certificate);
    BIO* key = BIO_new_file((folder_ / "key.pem").c_str(), "w");
    PEM_write_bio_PKCS8PrivateKey(key, SSL_CTX_get0_privatekey(context.get()), nullptr, nullptr, 0,
                                  nullptr, nullptr);
    BIO_free(key);
    dispatcher_.On("/x", [](Request&) { return Response::Text(200, "text/plain", "safe"); });
    ServerOptions options;
    options.tls = TlsOptions{.certificate_chain_file = folder_ / "ca.pem",
                             .private_key_file = folder_ / "key.pem"};
    Start(std::move(options));
  }
  ~CertificateTest() override { std::filesystem::remove_all(folder_); }

  Result<ClientResponse> CallWith(std::string ca_file) {
    ClientRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(server_->port()) + "/x";
    return HttpClient({.proxy = "none", .ca_file = std::move(ca_file)}).Call(request);
  }

  std::filesystem::path folder_;
};

TEST_F(CertificateTest, IsTrustedByTheFile) {
  const auto answer = CallWith(folder_ / "ca.pem");
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, "safe");
}

TEST_F(CertificateTest, IsNotTrustedElse) {
  EXPECT_THAT(CallWith({}), IsError(Code::kPermissionDenied, "ca_file"));
  const auto other = MakeTlsContext({.self_signed = true}).value();
  BIO* file = BIO_new_file((folder_ / "other.pem").c_str(), "w");
  PEM_write_bio_X509(file, SSL_CTX_get0_certificate(other.get()));
  BIO_free(file);
  EXPECT_THAT(CallWith(folder_ / "other.pem"), IsError(Code::kPermissionDenied, "not trusted"));
}

TEST_F(CertificateTest, AFileThatCannotBeReadIsSaid) {
  const auto missing = CallWith(folder_ / "none.pem");
  EXPECT_THAT(missing, IsError(Code::kPermissionDenied, "cannot be read"));
  EXPECT_EQ(missing.error().message.find("none.pem"), std::string::npos);
  std::ofstream(folder_ / "garbage.pem") << "hello";
  EXPECT_THAT(CallWith(folder_ / "garbage.pem"), IsError(Code::kPermissionDenied));
}

}  // namespace
}  // namespace sluice::net::testing
