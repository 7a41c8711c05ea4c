#include "cli/dev/supervisor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace windrow::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kBound = absl::Seconds(20);

class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() : folder_(::mkdtemp(name_)) {}
  ~SupervisorTest() override { fs::remove_all(folder_); }

  ChildOptions Shell(const std::string& name, const std::string& script) {
    ChildOptions options{.name = name};
    options.argv = {"/bin/sh", "-c", script};
    options.env = {{"OUT", folder_}};
    options.log_file = folder_ + "/" + name + ".log";
    return options;
  }

  std::string Read(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(folder_ + "/" + file).rdbuf();
    return text.str();
  }

  char name_[40] = "/tmp/windrow-supervisor-XXXXXX";
  std::string folder_;
};

TEST_F(SupervisorTest, NamesTheChildThatEndedAndItsLastLines) {
  Supervisor supervisor;
  ASSERT_TRUE(supervisor.Start(Shell("good", "sleep 60")).ok());
  ASSERT_TRUE(supervisor.Start(Shell("bad", "echo first; echo last; exit 3")).ok());
  const absl::Status status =
      supervisor.WaitUntil("nothing", kBound, [] { return false; });
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(std::string(status.message()),
            "bad ended with status 3. Its last lines:\n  first\n  last\n");
}

TEST_F(SupervisorTest, StopsTheLastOneFirst) {
  {
    Supervisor supervisor;
    for (const char* name : {"one", "two"}) {
      const std::string script = fmt::format(
          "trap 'echo {0} >> $OUT/order; exit 0' TERM; touch $OUT/{0}.up; "
          "while :; do sleep 0.02; done",
          name);
      ASSERT_TRUE(supervisor.Start(Shell(name, script)).ok());
      ASSERT_TRUE(supervisor
                      .WaitUntil("it to be up", kBound,
                                 [&] { return fs::exists(folder_ + "/" + name + ".up"); })
                      .ok());
    }
  }
  EXPECT_EQ(Read("order"), "two\none\n");
}

TEST_F(SupervisorTest, ASignalEndsTheWait) {
  Supervisor supervisor;
  ASSERT_TRUE(supervisor.Start(Shell("good", "sleep 60")).ok());
  // To this thread: others of this test program, made by gRPC, do not block it.
  ::raise(SIGINT);
  EXPECT_TRUE(
      absl::IsCancelled(supervisor.WaitUntil("nothing", kBound, [] { return false; })));
}

TEST_F(SupervisorTest, WhatTakesTooLongIsNamed) {
  Supervisor supervisor;
  const absl::Status status =
      supervisor.WaitUntil("godot", absl::Milliseconds(1), [] { return false; });
  EXPECT_TRUE(absl::IsDeadlineExceeded(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("godot"));
}

TEST_F(SupervisorTest, RunsOneToItsEnd) {
  Supervisor supervisor;
  EXPECT_TRUE(supervisor.RunToEnd(Shell("ok", "echo $OUT > $OUT/result"), kBound).ok());
  EXPECT_EQ(Read("result"), folder_ + "\n");
  const absl::Status failed =
      supervisor.RunToEnd(Shell("bad", "echo why >&2; exit 1"), kBound);
  EXPECT_THAT(std::string(failed.message()),
              AllOf(HasSubstr("bad ended with status 1"), HasSubstr("why")));
}

TEST_F(SupervisorTest, AProgramThatIsNotThereIsNamed) {
  Supervisor supervisor;
  ChildOptions options{.name = "nothing"};
  options.argv = {"/nonexistent/program"};
  EXPECT_THAT(std::string(supervisor.Start(options).message()),
              AllOf(HasSubstr("nothing cannot be started"),
                    HasSubstr("/nonexistent/program: No such file")));
}

TEST_F(SupervisorTest, ChildrenDoNotInheritAnotherInstallationsSettings) {
  ::setenv("WINDROW_KEY_RING", "secret", 1);
  ::setenv("PGHOST", "elsewhere", 1);
  ::setenv("OTHER", "kept", 1);
  Supervisor supervisor;
  ASSERT_TRUE(supervisor.RunToEnd(Shell("env", "env > $OUT/env"), kBound).ok());
  for (const char* name : {"WINDROW_KEY_RING", "PGHOST", "OTHER"}) ::unsetenv(name);
  EXPECT_THAT(Read("env"), AllOf(HasSubstr("OTHER=kept\n"), Not(HasSubstr("secret")),
                                 Not(HasSubstr("PGHOST"))));
}

}  // namespace
}  // namespace windrow::cli
