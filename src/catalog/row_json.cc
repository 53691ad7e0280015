#include "catalog/row_json.h"

#include <algorithm>
#include <concepts>
#include <type_traits>

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::catalog {
namespace {

// A row is ours: its limit is that of the largest share.
constexpr json::Limits kRowLimits{.size = MiB(64), .depth = 20};

std::unexpected<Error> Unreadable(std::string detail) {
  return Fail(Code::kCorrupt, "the database holds a row that cannot be read", std::move(detail));
}

class Reader;

// Writes fields into an object.
class Writer {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value) {
    object_[name] = Of(value);
  }
  json::Object Take() { return std::move(object_); }

 private:
  static json::Value Of(const std::string& text) { return json::Value(text); }
  static json::Value Of(bool flag) { return flag; }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  static json::Value Of(T number) {
    return static_cast<int64_t>(number);
  }
  static json::Value Of(double number) { return number; }
  template <class T>
    requires std::is_enum_v<T>
  static json::Value Of(T value) {
    return static_cast<int64_t>(value);
  }
  static json::Value Of(TimePoint time) { return ToUnixMillis(time); }
  static json::Value Of(std::chrono::seconds seconds) { return int64_t{seconds.count()}; }
  static json::Value Of(const crypto::Digest& digest) { return json::Value(WriteDigest(digest)); }
  static json::Value Of(const SealedSecret& secret) { return json::Value(secret.text); }
  static json::Value Of(const Properties& map) {
    json::Object object;
    for (const auto& [key, value] : map) object[key] = value;
    return object;
  }
  template <class T>
  static json::Value Of(const std::optional<T>& value) {
    return value ? Of(*value) : json::Value(nullptr);
  }
  template <class T>
  static json::Value Of(const std::vector<T>& items) {
    json::Array array;
    array.reserve(items.size());
    for (const T& item : items) array.push_back(Of(item));
    return array;
  }
  template <class T>
    requires requires(Writer& writer, T& value) { Fields(writer, value); }
  static json::Value Of(const T& value) {
    Writer writer;
    // Fields takes both directions' argument; writing does not change it.
    Fields(writer, const_cast<T&>(value));
    return writer.Take();
  }

  json::Object object_;
};

// Fills fields from an object; remembers the first that has another type.
class Reader {
 public:
  explicit Reader(const json::Object& object) : object_(object) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    const json::Value* found = object_.if_contains(name);
    if (found != nullptr && wrong_.empty() && !Into(*found, value)) wrong_ = name;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  static bool Into(const json::Value& from, std::string& text) {
    if (!from.is_string()) return false;
    text.assign(from.as_string().data(), from.as_string().size());
    return true;
  }
  static bool Into(const json::Value& from, bool& flag) {
    if (!from.is_bool()) return false;
    flag = from.as_bool();
    return true;
  }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  static bool Into(const json::Value& from, T& number) {
    boost::system::error_code failure;
    if (!from.is_number()) return false;
    number = from.to_number<T>(failure);
    return !failure;
  }
  static bool Into(const json::Value& from, double& number) {
    if (!from.is_number()) return false;
    number = from.to_number<double>();
    return true;
  }
  template <class T>
    requires std::is_enum_v<T>
  static bool Into(const json::Value& from, T& value) {
    std::underlying_type_t<T> number{};
    if (!Into(from, number)) return false;
    value = static_cast<T>(number);
    return true;
  }
  static bool Into(const json::Value& from, TimePoint& time) {
    int64_t ms = 0;
    if (!Into(from, ms)) return false;
    time = FromUnixMillis(ms);
    return true;
  }
  static bool Into(const json::Value& from, std::chrono::seconds& seconds) {
    int64_t count = 0;
    if (!Into(from, count)) return false;
    seconds = std::chrono::seconds(count);
    return true;
  }
  static bool Into(const json::Value& from, crypto::Digest& digest) {
    std::string text;
    if (!Into(from, text)) return false;
    const Result<crypto::Digest> read = ReadDigest(text);
    if (read) digest = *read;
    return read.has_value();
  }
  static bool Into(const json::Value& from, SealedSecret& secret) {
    return Into(from, secret.text);
  }
  static bool Into(const json::Value& from, Properties& map) {
    if (!from.is_object()) return false;
    return std::ranges::all_of(from.as_object(), [&](const auto& member) {
      return Into(member.value(), map[std::string(member.key())]);
    });
  }
  template <class T>
  static bool Into(const json::Value& from, std::optional<T>& value) {
    if (from.is_null()) {
      value.reset();
      return true;
    }
    return Into(from, value.emplace());
  }
  template <class T>
  static bool Into(const json::Value& from, std::vector<T>& items) {
    if (!from.is_array()) return false;
    items.reserve(from.as_array().size());
    return std::ranges::all_of(
        from.as_array(), [&](const json::Value& item) { return Into(item, items.emplace_back()); });
  }
  template <class T>
    requires requires(Reader& reader, T& value) { Fields(reader, value); }
  static bool Into(const json::Value& from, T& value) {
    if (!from.is_object()) return false;
    Reader reader(from.as_object());
    Fields(reader, value);
    return reader.wrong().empty();
  }

  const json::Object& object_;
  std::string wrong_;
};

// The fields of each struct: one line each, for both directions.

template <class A>
void Fields(A& a, Metastore& m) {
  a("cloud", m.cloud);
  a("region", m.region);
  a("storage_root", m.storage_root);
  a("sharing_scope", m.sharing_scope);
  a("organization_name", m.organization_name);
  a("recipient_token_lifetime", m.recipient_token_lifetime);
  a("external_access_enabled", m.external_access_enabled);
}

template <class A>
void Fields(A& a, StorageCredential& c) {
  a("type", c.type);
  a("settings", c.settings);
  a("secret", c.secret);
  a("read_only", c.read_only);
}

template <class A>
void Fields(A& a, storage::DirectoryAccess& d) {
  a("role_arn", d.role_arn);
  a("external_id", d.external_id);
  a("sts_endpoint", d.sts_endpoint);
  a("kms_key_arn", d.kms_key_arn);
}

template <class A>
void Fields(A& a, ExternalLocation& l) {
  a("url", l.url);
  a("credential", l.credential);
  a("read_only", l.read_only);
  a("fallback", l.fallback);
  a("directory_access", l.directory_access);
}

template <class A>
void Fields(A& a, CatalogDetails& c) {
  a("storage_root", c.storage_root);
}

template <class A>
void Fields(A& a, SchemaDetails& s) {
  a("storage_root", s.storage_root);
}

template <class A>
void Fields(A& a, Column& c) {
  a("name", c.name);
  a("type_text", c.type_text);
  a("type_name", c.type_name);
  a("type_json", c.type_json);
  a("type_precision", c.type_precision);
  a("type_scale", c.type_scale);
  a("position", c.position);
  a("partition_index", c.partition_index);
  a("nullable", c.nullable);
  a("comment", c.comment);
}

template <class A>
void Fields(A& a, Table& t) {
  a("type", t.type);
  a("storage_location", t.storage_location);
  a("columns", t.columns);
}

template <class A>
void Fields(A& a, PartitionTerm& t) {
  a("column", t.column);
  a("op", t.op);
  a("values", t.values);
  a("recipient_property_key", t.recipient_property_key);
}

template <class A>
void Fields(A& a, PartitionFilter& f) {
  a("tuples", f.tuples);
}

template <class A>
void Fields(A& a, SharedObject& o) {
  a("id", o.id);
  a("kind", o.kind);
  a("object", o.object);
  a("shared_as", o.shared_as);
  a("comment", o.comment);
  a("partitions", o.partitions);
  a("cdf_enabled", o.cdf_enabled);
  a("history", o.history);
  a("start_version", o.start_version);
  a("starts_after", o.starts_after);
  a("added_at", o.added_at);
  a("added_by", o.added_by);
}

template <class A>
void Fields(A& a, Share& s) {
  a("objects", s.objects);
  a("storage_root", s.storage_root);
  a("named_at", s.named_at);
}

template <class A>
void Fields(A& a, RecipientToken& t) {
  a("id", t.id);
  a("hash", t.hash);
  a("activation", t.activation);
  a("activation_hash", t.activation_hash);
  a("activation_expires_at", t.activation_expires_at);
  a("created_at", t.created_at);
  a("created_by", t.created_by);
  a("updated_at", t.updated_at);
  a("updated_by", t.updated_by);
  a("expires_at", t.expires_at);
}

template <class A>
void Fields(A& a, Recipient& r) {
  a("authentication_type", r.authentication_type);
  a("tokens", r.tokens);
  a("allowed_ip_addresses", r.allowed_ip_addresses);
  a("denied_ip_addresses", r.denied_ip_addresses);
  a("expires_at", r.expires_at);
  a("requests_per_second", r.requests_per_second);
  a("links_void_before", r.links_void_before);
  a("data_recipient_global_metastore_id", r.data_recipient_global_metastore_id);
  a("sharing_code", r.sharing_code);
}

template <class A>
void Fields(A& a, Provider& p) {
  a("authentication_type", p.authentication_type);
  a("endpoint", p.endpoint);
  a("share_credentials_version", p.share_credentials_version);
  a("profile", p.profile);
  a("data_provider_global_metastore_id", p.data_provider_global_metastore_id);
}

template <class A>
void Fields(A& a, Principal& p) {
  a("display_name", p.display_name);
  a("external_id", p.external_id);
  a("emails", p.emails);
  a("active", p.active);
  a("members", p.members);
  a("created_at", p.created_at);
  a("updated_at", p.updated_at);
}

template <class T>
std::string Write(const T& value) {
  Writer writer;
  Fields(writer, const_cast<T&>(value));
  return json::Serialize(writer.Take());
}

template <class T>
Status Read(std::string_view text, T& value) {
  const Result<json::Value> parsed = json::Parse(text, kRowLimits);
  if (!parsed) return Unreadable(parsed.error().message);
  if (!parsed->is_object()) return Unreadable("not a JSON object");
  Reader reader(parsed->as_object());
  Fields(reader, value);
  if (!reader.wrong().empty()) return Unreadable("field " + reader.wrong());
  return {};
}

// A Details that holds the kind's struct.
template <size_t... kIndexes>
Details Empty(Kind kind, std::index_sequence<kIndexes...>) {
  Details details;
  ((static_cast<size_t>(kind) == kIndexes ? void(details.emplace<kIndexes>()) : void()), ...);
  return details;
}

}  // namespace

std::string WriteDetails(const Details& details) {
  return std::visit([](const auto& value) { return Write(value); }, details);
}

Result<Details> ReadDetails(Kind kind, std::string_view text) {
  Details details = Empty(kind, std::make_index_sequence<std::variant_size_v<Details>>());
  TRY(std::visit([&](auto& value) { return Read(text, value); }, details));
  return details;
}

std::string WriteProperties(const Properties& properties) {
  json::Object object;
  for (const auto& [key, value] : properties) object[key] = value;
  return json::Serialize(object);
}

Result<Properties> ReadProperties(std::string_view text) {
  const Result<json::Value> parsed = json::Parse(text, kRowLimits);
  if (!parsed || !parsed->is_object()) return Unreadable("properties");
  Properties properties;
  for (const auto& member : parsed->as_object()) {
    if (!member.value().is_string()) return Unreadable("properties");
    properties.emplace(std::string(member.key()), std::string(member.value().as_string()));
  }
  return properties;
}

std::string WritePrincipal(const Principal& principal) { return Write(principal); }

Status ReadPrincipal(std::string_view text, Principal& principal) { return Read(text, principal); }

std::string WriteDigest(const crypto::Digest& digest) { return Base64Url(crypto::View(digest)); }

Result<crypto::Digest> ReadDigest(std::string_view text) {
  const Result<std::string> bytes = DecodeBase64Url(text);
  crypto::Digest digest{};
  if (!bytes || bytes->size() != digest.size()) return Unreadable("a hash");
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

}  // namespace sluice::catalog
