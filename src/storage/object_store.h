// storage/object_store.h -- the bytes under one location, whatever lies there.
//
// A store is opened at a location (the root of a table); keys are relative to it, with '/' between
// segments, and name plain objects: "_delta_log/00000000000000000007.json". A key never leads out
// of the location: "..", absolute keys and symbolic links that point outside are refused.
//
// Thread-safe. Times are those the store keeps; sizes are in bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::storage {

struct ObjectInfo {
  std::string key;
  ByteCount size;
  TimePoint modified;
  // Changes whenever the object's content is replaced (an ETag; locally inode, size, times).
  std::string tag;
};

struct Range {
  uint64_t offset = 0;
  uint64_t length = 0;
};

// Makes links by which a client reads one object straight from the store.
class UrlSigner {
 public:
  virtual ~UrlSigner() = default;
  virtual Result<std::string> Sign(std::string_view key, TimePoint expires) const = 0;
};

// An object opened for reading by file descriptor. Owns the descriptor.
class OpenObject {
 public:
  OpenObject(int fd, ObjectInfo info) : fd_(fd), info_(std::move(info)) {}
  ~OpenObject();
  OpenObject(OpenObject&& other) noexcept;
  OpenObject& operator=(OpenObject&&) = delete;
  const ObjectInfo& info() const { return info_; }
  // Hands the descriptor over; the caller closes it.
  int Release();

 private:
  int fd_;
  ObjectInfo info_;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Objects directly in `folder` ("_delta_log/") whose key is >= `from`, in byte order of the key.
  // Sub-folders are left out. A folder that does not exist is empty.
  // Errors: kUnavailable the store failed; kPermissionDenied it refuses us
  virtual Result<std::vector<ObjectInfo>> List(std::string_view folder,
                                               std::string_view from = {}) const = 0;
  // Errors: kNotFound, kUnavailable, kPermissionDenied
  virtual Result<ObjectInfo> Head(std::string_view key) const = 0;
  // The whole object. Errors: as Head; kResourceExhausted  it is larger than `limit`
  virtual Result<std::string> Read(std::string_view key, ByteCount limit) const = 0;
  // Exactly `range.length` bytes. Errors: as Head; kInvalidArgument  the range ends behind the
  // object
  virtual Result<std::string> ReadRange(std::string_view key, Range range) const = 0;
  // Writes the object whole or not at all; what was written survives a crash.
  // Errors: kAlreadyExists  somebody else wrote it first; kUnavailable, kPermissionDenied
  virtual Status PutIfAbsent(std::string_view key, std::string_view bytes) const = 0;

  // Null where the store cannot lend bytes by link: then Open serves our own links.
  virtual const UrlSigner* signer() const = 0;
  // Errors: as Head; kUnsupported  this store lends by link only
  virtual Result<OpenObject> Open(std::string_view key) const = 0;
  // What DuckDB reads this object by: a local path or a signed URL.
  virtual Result<std::string> EngineUri(std::string_view key) const = 0;

  // For logs and messages to the operator, never to a client.
  virtual const std::string& location() const = 0;
};

// Opens the store for a location: an absolute or relative path, or file:///path. Nothing is read:
// a folder that is not there yet is an empty store.
// Errors: kInvalidArgument  the text is no location; kUnsupported  a scheme this server does not
// know
Result<std::unique_ptr<ObjectStore>> OpenStore(std::string_view location);

}  // namespace sluice::storage
