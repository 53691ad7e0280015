#include "storage/s3/s3_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/crypto/md5.h"
#include "base/encoding.h"
#include "net/http_date.h"
#include "storage/local/beneath.h"
#include "storage/parallel.h"

namespace sluice::storage {
namespace {

// Larger objects are read in pieces of this size, several at a time.
constexpr uint64_t kPiece = MiB(8).value;
// An object whose size is not known is first asked for so much.
constexpr uint64_t kFirstPiece = MiB(1).value;
constexpr size_t kPiecesAtATime = 8;
constexpr size_t kMaxListed = 10'000'000;  // objects of one folder
constexpr std::string_view kMark = "x-amz-meta-sluice-write";

std::unexpected<Error> Gone(std::string_view key) {
  return Fail(Code::kNotFound, "a file of the table is gone", std::string(key));
}

std::unexpected<Error> Replaced(std::string_view key) {
  return Fail(Code::kNotFound, "a file of the table was replaced", std::string(key));
}

std::unexpected<Error> TooLarge(std::string_view key, ByteCount size) {
  return Fail(Code::kResourceExhausted, "a file of the table is larger than this server reads",
              fmt::format("{} has {}", key, HumanBytes(size)));
}

std::unexpected<Error> Broken(std::string_view key) {
  return Fail(Code::kUnavailable, "the storage of the table sent a broken answer, try again",
              std::string(key));
}

std::string RangeHeader(Range range) {
  return fmt::format("bytes={}-{}", range.offset, range.offset + range.length - 1);
}

net::Headers IfMatch(const ObjectInfo& object) {
  net::Headers headers;
  if (!object.tag.empty()) headers.Add("If-Match", '"' + object.tag + '"');
  return headers;
}

std::string_view TagOf(const net::ClientResponse& response) {
  return BareTag(response.headers.Find("etag").value_or(""));
}

bool IsMd5(std::string_view tag) {
  return tag.size() == 32 && std::ranges::all_of(tag, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// The size of the whole object in "bytes 0-9/1234" or "bytes */0".
std::optional<uint64_t> WholeSize(const net::ClientResponse& response) {
  const auto range = response.headers.Find("content-range");
  if (!range) return std::nullopt;
  const size_t slash = range->rfind('/');
  if (slash == std::string_view::npos || slash + 1 == range->size()) return std::nullopt;
  uint64_t size = 0;
  for (const char digit : range->substr(slash + 1)) {
    if (digit < '0' || digit > '9' || size > (uint64_t{1} << 56)) return std::nullopt;
    size = size * 10 + static_cast<uint64_t>(digit - '0');
  }
  return size;
}

// Whether whole objects arrived as they were sent, as far as their tags tell. Where a tag is no MD5
// sum, a second read of the same bytes says so.
class SumCheck {
 public:
  explicit SumCheck(const S3Bucket& bucket) : bucket_(bucket) {}

  // `sum` gives the MD5 sum of what was read, in hex, if there is one.
  template <class Sum>
  bool Passes(std::string_view tag, bool encrypted, const Sum& sum) {
    if (!bucket_.plain() || !bucket_.tags_may_be_md5() || encrypted || !IsMd5(tag)) return true;
    const std::optional<std::string> hex = sum();
    if (!hex || *hex == tag) return true;
    if (*hex != last_) {
      last_ = *hex;
      return false;
    }
    bucket_.TagsAreNoMd5();
    return true;
  }

 private:
  const S3Bucket& bucket_;
  std::string last_;
};

bool IsEncryptedByKey(const net::ClientResponse& response) {
  return response.headers.Find("x-amz-server-side-encryption").value_or("").starts_with("aws:") ||
         response.headers.Find("x-amz-server-side-encryption-customer-algorithm").has_value();
}

// A start for a listing that holds `from`: below it, and above nearly all that is. (A listing
// starts behind a key.)
std::string JustBefore(std::string_view from) {
  std::string before(from);
  const auto last = static_cast<unsigned char>(before.back());
  before.pop_back();
  if (last > 0x21 && last < 0x7f) {
    before += static_cast<char>(last - 1);
    before += '~';
  }
  return before;
}

Status WriteAt(int fd, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return SystemError(done < 0 ? errno : EIO, "a local copy");
    bytes.remove_prefix(static_cast<size_t>(done));
    offset += static_cast<uint64_t>(done);
  }
  return {};
}

}  // namespace

S3Store::S3Store(std::shared_ptr<const S3Bucket> bucket, const std::string& root, Random& random,
                 std::unique_ptr<const CredentialVendor> vendor)
    : bucket_(std::move(bucket)),
      vendor_(std::move(vendor)),
      prefix_(root.empty() ? std::string() : root + '/'),
      location_("s3://" + bucket_->name() + (root.empty() ? "" : "/") + root),
      identity_(bucket_->identity() + ' ' + prefix_),
      random_(random) {}

Result<std::string> S3Store::FullKey(std::string_view key) const {
  TRY(CheckKey(key));
  std::string full = prefix_ + std::string(key);
  constexpr size_t kLongestKey = 1024;
  if (full.size() > kLongestKey) return Gone(key);  // no object has such a key
  return full;
}

Result<std::vector<ObjectInfo>> S3Store::List(std::string_view folder,
                                              std::string_view from) const {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  if (!folder.empty()) TRY(CheckKey(folder));
  const std::string inside = prefix_ + std::string(folder) + (folder.empty() ? "" : "/");
  const std::string first = prefix_ + std::string(from);
  std::vector<ObjectInfo> found;
  std::string token;
  do {
    S3ListPage page;
    S3Request request{.operation = "list", .limit = kMaxXml};
    request.query = {
        {"list-type", "2"}, {"prefix", inside}, {"delimiter", "/"}, {"encoding-type", "url"}};
    if (!token.empty()) request.query.emplace_back("continuation-token", token);
    if (token.empty() && !from.empty()) {
      request.query.emplace_back("start-after", JustBefore(first));
    }
    request.sound = [&](const net::ClientResponse& response) {
      auto parsed = ParseS3List(response.body, inside);
      if (!parsed.has_value()) return false;
      page = *std::move(parsed);
      return true;
    };
    const net::ClientResponse response = TRY(bucket_->Send(request));
    if (response.status != 200) return Broken(folder);
    if (page.next == token && !token.empty()) return Broken(folder);
    token = std::move(page.next);
    for (ObjectInfo& object : page.objects) {
      // The folder's own mark ("t/_delta_log/") is no object of it.
      if (object.key < first || object.key.size() == inside.size()) continue;
      if (!found.empty() && object.key <= prefix_ + found.back().key) return Broken(folder);
      object.key.erase(0, prefix_.size());
      found.push_back(std::move(object));
    }
    if (found.size() > kMaxListed) return TooLarge(folder, {found.size()});
  } while (!token.empty());
  return found;
}

Result<ObjectInfo> S3Store::Head(std::string_view key) const {
  ObjectInfo object;
  S3Request request{.operation = "head", .method = net::Method::kHead, .key = TRY(FullKey(key))};
  request.sound = [&](const net::ClientResponse& response) {
    const auto length = response.headers.Find("content-length");
    const auto time =
        net::ParseHttpDate(response.headers.Find("last-modified").value_or(std::string_view()));
    if (!length || !time || TagOf(response).empty()) return false;
    object.size.value = 0;
    for (const char digit : *length) {
      if (digit < '0' || digit > '9') return false;
      object.size.value = object.size.value * 10 + static_cast<uint64_t>(digit - '0');
    }
    object.modified = *time;
    object.tag = TagOf(response);
    return true;
  };
  const net::ClientResponse response = TRY(bucket_->Send(request));
  if (response.status == 404) return Gone(key);
  object.key = key;
  return object;
}

// Small ones in one go; the first piece tells of larger ones how large they are.
Result<std::string> S3Store::Read(std::string_view key, ByteCount limit) const {
  S3Request request{.operation = "read", .key = TRY(FullKey(key)), .limit = {kFirstPiece}};
  request.headers.Add("Range", RangeHeader({0, kFirstPiece}));
  SumCheck sums(*bucket_);
  request.sound = [&](const net::ClientResponse& response) {
    const uint64_t size = WholeSize(response).value_or(response.body.size());
    if (TagOf(response).empty() || response.body.size() != std::min(size, kFirstPiece)) {
      return false;
    }
    return size > kFirstPiece || sums.Passes(TagOf(response), IsEncryptedByKey(response),
                                             [&] { return crypto::Md5Hex(response.body); });
  };
  net::ClientResponse response = TRY(bucket_->Send(request));
  if (response.status == 404) return Gone(key);
  if (response.status == 416) return std::string();  // an empty object has no first byte
  const ByteCount size{WholeSize(response).value_or(response.body.size())};
  if (size > limit) return TooLarge(key, size);
  if (size.value <= kFirstPiece) return std::move(response.body);
  ObjectInfo object;
  object.key = key;
  object.size = size;
  object.tag = TagOf(response);
  return ReadListed(object, limit);
}

Result<std::string> S3Store::ReadListed(const ObjectInfo& object, ByteCount limit) const {
  if (object.size > limit) return TooLarge(object.key, object.size);
  if (object.size.value <= kPiece) return ReadWhole(object);
  std::string bytes(object.size.value, '\0');
  SumCheck sums(*bucket_);
  for (int attempt = 0; attempt < 3; ++attempt) {
    const size_t pieces = (bytes.size() + kPiece - 1) / kPiece;
    TRY(InParallel(pieces, kPiecesAtATime, [&](size_t index) -> Status {
      const uint64_t offset = index * kPiece;
      const std::string piece =
          TRY(ReadPiece(object, {offset, std::min(kPiece, bytes.size() - offset)}));
      std::ranges::copy(piece, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
      return {};
    }));
    if (sums.Passes(object.tag, false, [&] { return crypto::Md5Hex(bytes); })) return bytes;
  }
  return Broken(object.key);
}

Result<std::string> S3Store::ReadWhole(const ObjectInfo& object) const {
  S3Request request{.operation = "read", .key = TRY(FullKey(object.key)), .limit = object.size};
  request.headers = IfMatch(object);
  SumCheck sums(*bucket_);
  bool other_state = false;
  request.sound = [&](const net::ClientResponse& response) {
    if (TagOf(response).empty()) return false;  // no answer of a store
    other_state = TagOf(response) != object.tag;
    if (other_state) return true;
    return response.status == 200 && response.body.size() == object.size.value &&
           sums.Passes(object.tag, IsEncryptedByKey(response),
                       [&] { return crypto::Md5Hex(response.body); });
  };
  Result<net::ClientResponse> response = bucket_->Send(request);
  // More bytes than were listed: it is another object by now, whatever its tag.
  if (!response.has_value() && response.error().code == Code::kResourceExhausted) {
    return Replaced(object.key);
  }
  if (!response.has_value()) return std::unexpected(std::move(response).error());
  if (response->status == 404) return Gone(object.key);
  if (response->status == 412 || other_state) return Replaced(object.key);
  return std::move(response->body);
}

Result<std::string> S3Store::ReadPiece(const ObjectInfo& object, Range range) const {
  S3Request request{.operation = "read", .key = TRY(FullKey(object.key)), .limit = {range.length}};
  request.headers = IfMatch(object);
  request.headers.Add("Range", RangeHeader(range));
  bool other_state = false;
  bool too_short = false;
  request.sound = [&](const net::ClientResponse& response) {
    if (TagOf(response).empty()) return false;
    other_state = !object.tag.empty() && TagOf(response) != object.tag;
    if (other_state) return true;
    // Of a range that leads out of the object there comes what there is.
    too_short = object.tag.empty() &&
                WholeSize(response).value_or(UINT64_MAX) < range.offset + range.length;
    return response.status == 206 && (too_short || response.body.size() == range.length);
  };
  net::ClientResponse response = TRY(bucket_->Send(request));
  if (response.status == 404) return Gone(object.key);
  if (response.status == 412 || other_state) return Replaced(object.key);
  if (response.status == 416 || too_short) {
    return Fail(Code::kInvalidArgument, "the range ends behind the file", object.key);
  }
  return std::move(response.body);
}

Result<std::string> S3Store::ReadRange(std::string_view key, Range range) const {
  if (range.length == 0) return std::string();
  ObjectInfo object;
  object.key = key;
  return ReadPiece(object, range);
}

Status S3Store::DownloadPieces(const ObjectInfo& object, int fd) const {
  const uint64_t size = object.size.value;
  return InParallel((size + kPiece - 1) / kPiece, kPiecesAtATime, [&](size_t index) -> Status {
    const uint64_t offset = index * kPiece;
    const std::string piece = TRY(ReadPiece(object, {offset, std::min(kPiece, size - offset)}));
    return WriteAt(fd, piece, offset);
  });
}

Status S3Store::Download(const ObjectInfo& object, int fd) const {
  if (object.size.value <= kPiece) return WriteAt(fd, TRY(ReadWhole(object)), 0);
  SumCheck sums(*bucket_);
  for (int attempt = 0; attempt < 3; ++attempt) {
    TRY(DownloadPieces(object, fd));
    if (sums.Passes(object.tag, false, [&] { return crypto::Md5HexOfFile(fd); })) return {};
  }
  return Broken(object.key);
}

Status S3Store::PutIfAbsent(std::string_view key, std::string_view bytes) const {
  const std::string mark = Hex(random_.Bytes(16));
  S3Request request{.operation = "put",
                    .method = net::Method::kPut,
                    .key = TRY(FullKey(key)),
                    .body = std::string(bytes),
                    .limit = kMaxXml};
  request.headers.Add("If-None-Match", "*");
  request.headers.Add(std::string(kMark), mark);
  const net::ClientResponse response = TRY(bucket_->Send(request));
  if (response.status != 412) {
    if (response.status < 300) return {};
    return Fail(Code::kPermissionDenied, "the storage refuses to write a file of the table",
                std::string(key));
  }
  // Somebody has written it: perhaps this call, in an attempt whose answer was lost.
  S3Request head{.operation = "head", .method = net::Method::kHead, .key = request.key};
  const net::ClientResponse there = TRY(bucket_->Send(head));
  if (there.status < 300 && there.headers.Find(kMark).value_or("") == mark) return {};
  return Fail(Code::kAlreadyExists, "the file is there already", std::string(key));
}

Result<OpenObject> S3Store::Open(std::string_view key) const {
  return Fail(Code::kUnsupported, "files of this table are read by links of its store",
              std::string(key));
}

Result<std::unique_ptr<UrlWriter>> S3Store::Begin(std::chrono::seconds lifetime) const {
  return bucket_->Links(prefix_, lifetime);
}

}  // namespace sluice::storage
