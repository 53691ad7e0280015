// storage/object_store.h -- the bytes under one location, whatever lies there.
//
// A store is opened at a location (the root of a table); keys are relative to it, with '/' between
// segments, and name plain objects: "_delta_log/00000000000000000007.json". A key never leads out
// of the location: "..", absolute keys and symbolic links that point outside are refused.
//
// Thread-safe. Times are those the store keeps; sizes are in bytes.
#pragma once

#include <chrono>
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

// Whether both describe the same state of one object. Times are compared in whole seconds: a store
// may tell them more finely in a listing than in a HEAD.
bool SameState(const ObjectInfo& a, const ObjectInfo& b);

struct Range {
  uint64_t offset = 0;
  uint64_t length = 0;
};

// The links of one answer: each lets a client read one object straight from the store. One thread
// at a time.
class UrlWriter {
 public:
  virtual ~UrlWriter() = default;
  // Appends the link to `key`, which is a key as everywhere here: not percent-encoded.
  virtual void Append(std::string_view key, std::string& out) = 0;
  // Until when all of them work: what was asked for, or earlier, when the credentials end.
  virtual TimePoint expires() const = 0;
};

// Where clients can be sent to the store itself. Thread-safe.
class UrlSigner {
 public:
  virtual ~UrlSigner() = default;
  // Errors: kUnavailable, kPermissionDenied  there are no credentials to sign with
  virtual Result<std::unique_ptr<UrlWriter>> Begin(std::chrono::seconds lifetime) const = 0;
};

// Keys of a store that read one folder and nothing else, until they end. Never printed, never in an
// Error. Wiped when they go.
struct TemporaryKeys {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  TimePoint expires;

  TemporaryKeys() = default;
  TemporaryKeys(const TemporaryKeys&) = default;
  TemporaryKeys& operator=(const TemporaryKeys&) = default;
  ~TemporaryKeys();
};

// Where clients can be given keys of the store itself, for everything below its location.
// Thread-safe.
class CredentialVendor {
 public:
  virtual ~CredentialVendor() = default;
  // Keys for one holder, whom the store's own log tells from others. They are good for `lifetime`,
  // or for half of it at least where the holder has been given them before; for less only where the
  // store gives less, or fails.
  // Errors: kUnsupported       the store has no means to name this folder and no other
  //         kPermissionDenied  the store does not let us
  //         kUnavailable
  virtual Result<TemporaryKeys> Vend(const std::string& holder,
                                     std::chrono::seconds lifetime) const = 0;
};

// A file on this machine with the bytes of an object, for libraries that read by path. The path is
// good as long as this lives.
class LocalCopy {
 public:
  LocalCopy(std::string path, std::shared_ptr<const void> hold)
      : path_(std::move(path)), hold_(std::move(hold)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::shared_ptr<const void> hold_;  // what keeps the file: a descriptor, a place in a cache
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
  // The whole object, as it is now. Errors: as Head; kResourceExhausted  it is larger than `limit`
  virtual Result<std::string> Read(std::string_view key, ByteCount limit) const = 0;
  // The whole object in the state that was listed: another state is as good as gone. May come from
  // a cache. Errors: as Read; kNotFound  gone or replaced since
  virtual Result<std::string> ReadListed(const ObjectInfo& object, ByteCount limit) const = 0;
  // The same as a file to read by path. Errors: as ReadListed
  virtual Result<LocalCopy> Fetch(const ObjectInfo& object) const = 0;
  // Exactly `range.length` bytes. Errors: as Head; kInvalidArgument  the range ends behind the
  // object
  virtual Result<std::string> ReadRange(std::string_view key, Range range) const = 0;
  // Writes the object whole or not at all; what was written survives a crash.
  // Errors: kAlreadyExists  somebody else wrote it first; kUnavailable, kPermissionDenied
  virtual Status PutIfAbsent(std::string_view key, std::string_view bytes) const = 0;

  // Null where the store cannot lend bytes by link: then Open serves our own links.
  virtual const UrlSigner* signer() const = 0;
  // Null where nobody is given keys of the store: it has none to give, or was not told to.
  virtual const CredentialVendor* vendor() const { return nullptr; }
  // Errors: as Head; kUnsupported  this store lends by link only
  virtual Result<OpenObject> Open(std::string_view key) const = 0;

  // True: one List from any key costs one request, however much lies before it, so that asking for
  // what is new is a List. False: List walks the folder, and a Head is cheaper (a local disk).
  virtual bool lists_from_any_key() const = 0;
  // How many reads at a time are worth while: 1 where each is as fast as the disk.
  virtual size_t parallel_reads() const = 0;

  // For logs and messages to the operator, never to a client.
  virtual const std::string& location() const = 0;
};

// A key is relative, has no empty, "." or ".." segment and no NUL. Errors: kInvalidArgument
Status CheckKey(std::string_view key);

// Opens a folder: an absolute or relative path, or file:///path. Nothing is read: a folder that is
// not there yet is an empty store. Other places are opened by Stores (storage/stores.h).
// Errors: kInvalidArgument  the text is no such location
Result<std::unique_ptr<ObjectStore>> OpenLocalStore(std::string_view location);

}  // namespace sluice::storage
