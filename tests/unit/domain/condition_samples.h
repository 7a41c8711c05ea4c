// Short spellings of conditions and events for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/domain/condition.h"
#include "common/domain/event_document.h"

namespace windrow::domain {

inline ConditionSpec TestOf(std::string_view kind, std::string path,
                            std::vector<std::string> values = {},
                            bool ignore_case = false) {
  ConditionSpec spec{.kind = ConditionSpec::Kind::kTest};
  const auto known = TestKindFromName(kind);
  EXPECT_TRUE(known) << kind;
  spec.test = {.kind = known.value_or(TestKind::kExists),
               .path = std::move(path),
               .values = std::move(values),
               .ignore_case = ignore_case};
  return spec;
}

inline ConditionSpec AllOf(std::vector<ConditionSpec> children) {
  return {.kind = ConditionSpec::Kind::kAll, .children = std::move(children)};
}

inline ConditionSpec AnyOf(std::vector<ConditionSpec> children) {
  return {.kind = ConditionSpec::Kind::kAny, .children = std::move(children)};
}

inline ConditionSpec NotOf(ConditionSpec child) {
  ConditionSpec spec{.kind = ConditionSpec::Kind::kNot};
  spec.children.push_back(std::move(child));
  return spec;
}

inline CompiledCondition Compiled(const ConditionSpec& spec) {
  auto compiled = CompiledCondition::Compile(spec);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() ? *std::move(compiled) : *CompiledCondition::Compile({});
}

// What an event of these texts holds.
struct EventTexts {
  std::string object = "{}";
  std::string previous;
  std::string action;
  std::string agent_id;

  EventView View() const {
    EventView view;
    view.type = "ticket.updated";
    view.object_type = "ticket";
    view.object_id = "2114";
    view.agent_id = agent_id;
    view.object = object;
    view.action = action;
    return view;
  }
};

inline bool Matches(const ConditionSpec& spec, const EventTexts& event) {
  EventDocument document(event.View(), event.previous);
  return Evaluate(Compiled(spec), &document);
}

inline ConditionVerdict ExplanationOf(const ConditionSpec& spec,
                                      const EventTexts& event) {
  EventDocument document(event.View(), event.previous);
  return Explain(Compiled(spec), &document);
}

}  // namespace windrow::domain
