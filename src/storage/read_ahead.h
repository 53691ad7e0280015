// storage/read_ahead.h -- many objects read in parallel and handed on in order.
//
// Threads are started for each call, no more than the store's parallel_reads and no more than there
// are objects. For one at a time there are none: the calling thread reads. All calls of the process
// share so many threads; those that come when they are taken get by with a few of their own, so
// that many tables that are loaded at a time do not have each other's requests turned away.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/object_store.h"

namespace sluice::storage {

struct ReadAheadLimits {
  ByteCount object;               // of one object: as ReadListed's limit
  ByteCount in_flight = MiB(64);  // of what is read and not yet handed on; one object always fits
};

// Gets the objects one after the other, on the calling thread; an error ends the reading with it.
using ObjectSink = std::function<Status(size_t index, std::string&& bytes)>;

// Reads `objects` (ReadListed), store.parallel_reads() at a time, and calls `sink` in their order.
// Returns when all threads it started have ended. Errors: the first in the order of the objects
Status ReadInOrder(const ObjectStore& store, std::span<const ObjectInfo> objects,
                   const ReadAheadLimits& limits, const ObjectSink& sink);

// Fetches all of `objects`, store.parallel_reads() at a time. Errors: the first in their order
Result<std::vector<LocalCopy>> FetchAll(const ObjectStore& store,
                                        std::span<const ObjectInfo> objects);

}  // namespace sluice::storage
