#include "storage/s3/s3_xml.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <pugixml.hpp>

#include "base/encoding.h"
#include "base/timestamp.h"

namespace sluice::storage {
namespace {

constexpr size_t kMaxErrorText = 300;

std::unexpected<Error> Broken(std::string_view why) {
  return Fail(Code::kCorrupt, "the storage of the table sent a listing that cannot be read",
              std::string(why));
}

bool IsStrayControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
}

bool Load(std::string_view xml, pugi::xml_document& document) {
  if (xml.size() > kMaxXml.value || std::ranges::any_of(xml, IsStrayControl)) return false;
  return static_cast<bool>(
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8));
}

bool ParseNumber(std::string_view text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// Keys come as in a form: '+' is a space.
Result<std::string> DecodeKey(std::string_view text, bool encoded) {
  std::string key(text);
  if (!encoded) return key;
  std::ranges::replace(key, '+', ' ');
  return PercentDecode(key);
}

Result<ObjectInfo> ParseObject(const pugi::xml_node& node, std::string_view prefix, bool encoded) {
  ObjectInfo object;
  Result<std::string> key = DecodeKey(node.child_value("Key"), encoded);
  if (!key.has_value() || !key->starts_with(prefix)) return Broken("a key of another folder");
  object.key = *std::move(key);
  if (!ParseNumber(node.child_value("Size"), object.size.value)) return Broken("a size");
  const Result<TimePoint> time = ParseTimestamp(node.child_value("LastModified"));
  if (!time.has_value()) return Broken("a time");
  object.modified = *time;
  object.tag = BareTag(node.child_value("ETag"));
  if (object.tag.empty()) return Broken("an object without ETag");
  return object;
}

// At most so many printable bytes: the text goes to a log.
std::string ForLog(std::string_view text) {
  std::string shown(text.substr(0, kMaxErrorText));
  std::ranges::replace_if(
      shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return shown;
}

}  // namespace

std::string_view BareTag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return etag;
}

Result<S3ListPage> ParseS3List(std::string_view xml, std::string_view prefix) {
  pugi::xml_document document;
  if (!Load(xml, document)) return Broken("no XML");
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return Broken("another document");
  const std::string_view encoding = root.child_value("EncodingType");
  const std::string_view truncated = root.child_value("IsTruncated");
  if (truncated != "true" && truncated != "false") return Broken("IsTruncated");
  S3ListPage page;
  size_t entries = 0;
  for (const pugi::xml_node& child : root.children()) {
    const std::string_view name = child.name();
    if (name == "CommonPrefixes") ++entries;
    if (name != "Contents") continue;
    ++entries;
    ObjectInfo object = TRY(ParseObject(child, prefix, encoding == "url"));
    if (!page.objects.empty() && object.key <= page.objects.back().key) {
      return Broken("keys out of order");
    }
    page.objects.push_back(std::move(object));
  }
  // Amazon counts folders too, Ceph does not.
  uint64_t count = entries;
  const pugi::xml_node key_count = root.child("KeyCount");
  if (key_count && !ParseNumber(key_count.child_value(), count)) return Broken("KeyCount");
  if (count != entries && count != page.objects.size()) return Broken("KeyCount");
  page.next = root.child_value("NextContinuationToken");
  if ((truncated == "true") == page.next.empty()) return Broken("NextContinuationToken");
  return page;
}

std::optional<S3Error> ParseS3Error(std::string_view xml) {
  if (xml.find("<Error") == std::string_view::npos) return std::nullopt;
  pugi::xml_document document;
  if (!Load(xml, document)) return std::nullopt;
  const pugi::xml_node root = document.child("Error");
  if (!root || std::strlen(root.child_value("Code")) == 0) return std::nullopt;
  return S3Error{ForLog(root.child_value("Code")), ForLog(root.child_value("Message")),
                 ForLog(root.child_value("Region"))};
}

}  // namespace sluice::storage
