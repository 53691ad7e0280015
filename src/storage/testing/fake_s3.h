// storage/testing/fake_s3.h -- a small S3 in this process: listings, reads, conditional writes.
//
// Path style. Signatures are not checked (tests/clients does that, with s3proxy); keys and tokens
// are, by their names.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/crypto/md5.h"
#include "base/encoding.h"
#include "base/timestamp.h"
#include "net/server.h"

namespace sluice::storage::testing {

class FakeS3 final : private net::Dispatcher {
 public:
  struct Object {
    std::string bytes;
    TimePoint modified = FromUnixMillis(1'714'557'600'000);
    std::string tag;  // empty: the MD5 sum
    std::map<std::string, std::string> meta;
  };
  using Intercept = std::function<std::optional<net::Response>(const net::Request&)>;

  FakeS3() {
    auto server = net::Server::Listen({}, *this, clock_, metrics_);
    EXPECT_TRUE(server.has_value());
    server_ = std::move(*server);
    server_->Start();
  }

  std::string endpoint() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }
  uint16_t port() const { return server_->port(); }

  void Put(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    Object object;
    object.bytes = std::move(bytes);
    objects_[path] = std::move(object);
  }
  // For an Intercept, which runs under the lock.
  void PutLocked(const std::string& path, Object object) { objects_[path] = std::move(object); }
  // By "bucket/key".
  Object& At(const std::string& path) { return objects_.at(path); }
  void Remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    objects_.erase(path);
  }
  bool Has(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return objects_.contains(path);
  }
  void AddBucket(const std::string& name) { buckets_.insert(name); }
  // Sees each request first; an answer of its own goes out instead.
  void Before(Intercept intercept) {
    const std::lock_guard lock(mutex_);
    intercept_ = std::move(intercept);
  }
  // "GET /bucket/key", in order.
  std::vector<std::string> Requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  void ForgetRequests() {
    const std::lock_guard lock(mutex_);
    requests_.clear();
  }
  void set_page_size(size_t size) { page_size_ = size; }

  static net::Response Error(int status, std::string_view code, std::string_view more = {}) {
    return net::Response::Text(status, "application/xml",
                               fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>"
                                           "a message</Message>{}</Error>",
                                           code, more));
  }

 private:
  bool Prepare(net::Request& request) override {
    request.id = "fake";
    return true;
  }
  net::Response Reject(net::Request&, const sluice::Error& error) override {
    return net::Response::Text(400, "text/plain", error.message);
  }
  void Finished(const net::Request&, const net::Response&, const net::Outcome&) override {}

  net::Response Handle(net::Request& request) override {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::string(net::MethodName(request.method)) + ' ' + request.target);
    if (intercept_) {
      if (auto answer = intercept_(request)) return *std::move(answer);
    }
    const std::string path = PercentDecode(request.path).value().substr(1);
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string bucket = path.substr(0, slash);
    if (!buckets_.contains(bucket)) return Error(404, "NoSuchBucket");
    if (slash == path.size()) return List(bucket, request);
    if (request.method == net::Method::kPut) return Write(path, request);
    return Read(path, request);
  }

  static std::string TagOf(const Object& object) {
    return '"' + (object.tag.empty() ? crypto::Md5Hex(object.bytes).value() : object.tag) + '"';
  }

  net::Response List(const std::string& bucket, const net::Request& request) {
    const std::string prefix(request.query.Find("prefix").value_or(""));
    const std::string after(request.query.Find("continuation-token")
                                .value_or(request.query.Find("start-after").value_or("")));
    std::string contents;
    std::set<std::string> folders;
    size_t count = 0;
    std::string last;
    bool truncated = false;
    for (const auto& [path, object] : objects_) {
      if (!path.starts_with(bucket + '/')) continue;
      const std::string key = path.substr(bucket.size() + 1);
      if (!key.starts_with(prefix) || key <= after) continue;
      const size_t slash = key.find('/', prefix.size());
      if (slash != std::string::npos) {
        folders.insert(key.substr(0, slash + 1));
        continue;
      }
      if (count == page_size_) {
        truncated = true;
        break;
      }
      ++count;
      last = key;
      contents += fmt::format(
          "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size>"
          "</Contents>",
          PercentEncode(key, "/"), FormatTimestamp(object.modified), TagOf(object),
          object.bytes.size());
    }
    for (const std::string& folder : folders) {
      contents += fmt::format("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>",
                              PercentEncode(folder));
    }
    return net::Response::Text(
        200, "application/xml",
        fmt::format("<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>"
                    "<KeyCount>{}</KeyCount><IsTruncated>{}</IsTruncated>{}{}</ListBucketResult>",
                    count + folders.size(), truncated,
                    truncated ? "<NextContinuationToken>" + last + "</NextContinuationToken>" : "",
                    contents));
  }

  net::Response Read(const std::string& path, const net::Request& request) {
    const auto found = objects_.find(path);
    if (found == objects_.end()) return Error(404, "NoSuchKey");
    const Object& object = found->second;
    const std::string tag = TagOf(object);
    const auto match = request.headers.Find("if-match");
    if (match && *match != tag) return Error(412, "PreconditionFailed");
    net::Response response = net::Response::Text(200, "binary/octet-stream", object.bytes);
    if (const auto range = request.headers.Find("range")) {
      size_t first = 0;
      size_t last = 0;
      EXPECT_EQ(std::sscanf(std::string(*range).c_str(), "bytes=%zu-%zu", &first, &last), 2);
      if (first >= object.bytes.size()) return Error(416, "InvalidRange");
      last = std::min(last, object.bytes.size() - 1);
      response.status = 206;
      response.body = object.bytes.substr(first, last - first + 1);
      response.headers.Add("Content-Range",
                           fmt::format("bytes {}-{}/{}", first, last, object.bytes.size()));
    }
    if (request.method == net::Method::kHead) {
      response.head_length = object.bytes.size();
      response.body = std::string();
    }
    response.headers.Add("ETag", tag);
    response.headers.Add("Last-Modified", HttpDate(object.modified));
    for (const auto& [name, value] : object.meta) response.headers.Add(name, value);
    return response;
  }

  net::Response Write(const std::string& path, const net::Request& request) {
    if (request.headers.Find("if-none-match") && objects_.contains(path)) {
      return Error(412, "PreconditionFailed");
    }
    Object object;
    object.bytes = request.body;
    for (const auto& [name, value] : request.headers.fields()) {
      if (AsciiLower(name).starts_with("x-amz-meta-")) object.meta[name] = value;
    }
    objects_[path] = std::move(object);
    return net::Response::Text(200, "text/plain", "");
  }

  static std::string HttpDate(TimePoint time) {
    const time_t seconds = std::chrono::system_clock::to_time_t(time);
    struct tm parts = {};
    gmtime_r(&seconds, &parts);
    std::string text(64, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
    return text;
  }

  SystemClock clock_;
  Metrics metrics_;
  std::mutex mutex_;
  std::map<std::string, Object> objects_;
  std::set<std::string> buckets_{"lake"};
  Intercept intercept_;
  std::vector<std::string> requests_;
  size_t page_size_ = 1000;
  std::unique_ptr<net::Server> server_;
};

}  // namespace sluice::storage::testing
