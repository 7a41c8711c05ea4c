// Named places where a test can end, hold up or fail a program: WINDROW_FAULT_POINTS in
// its environment says what happens at which.
//
//   publish.before_commit=kill:after 5,worker.before_record=sleep 2s
//
// joined by commas, each NAME=ACTION, with at most one of each:
//   kill            the process ends by SIGKILL
//   sleep DURATION  the thread sleeps, such as 500ms
//   error           the place fails as if the database were gone; where it can fail at
//   all :after N        the first N times pass; then the action is taken once :for
//   SUBJECT    counts only passes with this subject (an id): then on each of them
//
// Release builds have none of it: no name, no variable, no cost (CMake's
// WINDROW_FAULT_POINTS decides). Thread-safe, but for arming.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <string_view>

#include "common/base/fault_points_enabled.h"

namespace windrow::fault {

#if WINDROW_FAULT_POINTS

// Once, before any thread. INVALID_ARGUMENT where a name is unknown or an action is none.
absl::Status Arm(std::string_view text);
// From the environment.
absl::Status ArmFromEnvironment();

// What the macros call. UNAVAILABLE where the action is an error, else OK.
absl::Status Pass(std::string_view name, std::string_view subject = "");

#else

inline absl::Status ArmFromEnvironment() { return absl::OkStatus(); }

#endif

}  // namespace windrow::fault

#if WINDROW_FAULT_POINTS

#define WINDROW_FAULT_POINT(...) ((void)::windrow::fault::Pass(__VA_ARGS__))
// In a function that gives a status: returns it where the action is an error.
#define WINDROW_FAULT_POINT_OR_RETURN(...)                               \
  do {                                                                   \
    if (absl::Status fault_status = ::windrow::fault::Pass(__VA_ARGS__); \
        !fault_status.ok()) {                                            \
      return fault_status;                                               \
    }                                                                    \
  } while (false)

#else

#define WINDROW_FAULT_POINT(...) ((void)0)
#define WINDROW_FAULT_POINT_OR_RETURN(...) ((void)0)

#endif
