// net/io_loop.h -- one I/O thread: its event loop and what all its connections share.
//
// A connection lives on one loop from accept to close, so that its state needs no lock.
#pragma once

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <thread>

#include "net/response_head.h"

namespace sluice::net {

class Session;

struct IoLoop {
  // One thread runs it; others only post.
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running{
      io.get_executor()};
  std::thread thread;

  // For the loop's own thread only.
  std::list<std::shared_ptr<Session>> sessions;
  std::array<char, 64 * 1024> scratch{};  // input, until the parser has taken it
  DateText date;
};

}  // namespace sluice::net
