// server/config_watch.h -- notices that a file was changed, replaced or swapped.
//
// It is looked at by its path and never held open, so that it does not matter how it changes: in
// place, by rename as editors do it, by another target of a link on the way as mounted
// configuration maps do it, on this machine or on a file server.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sluice::server {

class ConfigWatch {
 public:
  // What is there now counts as known: make it before the file is read.
  explicit ConfigWatch(std::string path);

  // True: the file is another than the one known, and was already so at the look before; now it is
  // the known one. A file that still changes from look to look, as while it is written, is waited
  // for. That it is gone counts as a change, too. Quick; meant to be called several times a second.
  bool Look();

 private:
  // What differs between any two states of a file. All zero: there is none.
  struct State {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint64_t size = 0;
    int64_t modified = 0;  // ns
    int64_t changed = 0;  // ns; seen by no clock of programs, so that a restored time hides nothing
    bool operator==(const State&) const = default;
  };
  State Now() const;

  std::string path_;
  State known_;
  State last_;
};

}  // namespace sluice::server
