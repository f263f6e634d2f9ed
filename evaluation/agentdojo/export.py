#!/usr/bin/env python3
"""Writes AgentDojo suites as files that the replay reads.

    python3 -m venv venv && venv/bin/pip install agentdojo==0.1.35
    venv/bin/python export.py --out data banking workspace

No model is asked: every task's ground truth is executed once in a fresh environment.

Fields of a suite file:
  suite, benchmark_version, suite_task_version, package, licence   where it comes from
  tools[]           name, description, full_docstring, input_schema, env_dependencies (argument -> part of
                    the environment), return_type (as Python prints it)
  user_tasks[]      id, prompt, difficulty, ground_truth_output, ground_truth_calls (below), all_calls_execute,
                    official_check_utility (upstream's own check after the calls),
                    injection_vectors_seen_at_call (attacker-controlled field -> places of the calls whose
                    result shows it), class
  injection_tasks[] the same with `goal` for `prompt` and official_check_security_true
  ground_truth_calls[]  tool, args, args_with_defaults, error, result_text (as an agent sees it), changed_paths
                    (parts of the environment that are different afterwards), mutates_env; goals also have
                    placeholder_args
  pairs[]           user_task, injection_task: which goal is injected into which task
  injection_vector_defaults   what stands in the attacker-controlled fields when nobody attacks
  environment_default         the world before anything runs
"""

import argparse
import datetime
import json
import pathlib

from agentdojo.agent_pipeline.tool_execution import tool_result_to_str
from agentdojo.functions_runtime import FunctionsRuntime
from agentdojo.task_suite.load_suites import get_suite
from agentdojo.types import text_content_block_from_string

VERSION = "v1.2.2"
PACKAGE = "agentdojo==0.1.35"
LICENCE = "MIT (ethz-spylab, Copyright (c) 2024 Debenedetti et al.)"


def plain(value):
    """A value as JSON has it; dates become ISO text."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return getattr(value, "value", value) if not isinstance(value, (str, int, float, bool)) else value


def tool(function):
    parts = function.dependencies.items()
    return {
        "name": function.name,
        "description": function.description,
        "full_docstring": function.full_docstring,
        "input_schema": function.parameters.model_json_schema(),
        "env_dependencies": {name: str(part.env_dependency) for name, part in parts},
        "return_type": str(function.return_type),
    }


def changed(before, after):
    """The parts, two levels deep, that are different."""
    paths = []
    for name in before:
        if not isinstance(before[name], dict):
            paths += [name] if before[name] != after[name] else []
            continue
        for part in before[name].keys() | after[name].keys():
            if before[name].get(part) != after[name].get(part):
                paths.append(f"{name}.{part}")
    return sorted(paths)


def execute(suite, task, environment, with_placeholders):
    """The calls of a task, executed in order."""
    runtime, calls = FunctionsRuntime(suite.tools), []
    for call in task.ground_truth(environment.model_copy(deep=True)):
        before = environment.model_dump(mode="json")
        result, error = runtime.run_function(environment, call.function, call.args)
        paths = changed(before, environment.model_dump(mode="json"))
        record = {"tool": call.function, "args": plain(dict(call.args))}
        if with_placeholders:
            record["placeholder_args"] = plain(call.placeholder_args and dict(call.placeholder_args))
        given = runtime.functions[call.function].parameters.model_validate(call.args)
        record |= {
            "args_with_defaults": plain(given.model_dump()),
            "error": error,
            "result_text": tool_result_to_str(result) if error is None else str(result),
            "changed_paths": paths,
            "mutates_env": bool(paths),
        }
        calls.append(record)
    return calls


def shown(suite, task, vectors):
    """For each attacker-controlled field, the places of the calls whose result shows it."""
    marks = {vector: f"---CANARY_{vector}---" for vector in vectors}
    calls = execute(suite, task, suite.load_and_inject_default_environment(marks), False)
    # Printing may break a line within a mark; without white space it cannot.
    texts = ["".join(call["result_text"].split()) for call in calls]
    places = {name: [at for at, text in enumerate(texts) if mark in text] for name, mark in marks.items()}
    return {name: at for name, at in places.items() if at}


def checked(suite, task, output, before, after, calls, injection):
    """Whether upstream's own check accepts what the calls did."""
    from agentdojo.functions_runtime import FunctionCall

    trace = [FunctionCall(function=call["tool"], args=call["args"]) for call in calls]
    output = [text_content_block_from_string(output)]
    check = suite._check_injection_task_security if injection else suite._check_user_task_utility
    return bool(check(task, output, before, after, trace))


def task(suite, task, injection):
    environment = suite.load_and_inject_default_environment({})
    before = environment.model_copy(deep=True)
    environment = task.init_environment(environment) if hasattr(task, "init_environment") else environment
    calls = execute(suite, task, environment, injection)
    record = {
        "id": task.ID,
        "goal" if injection else "prompt": task.GOAL if injection else task.PROMPT,
        "difficulty": task.DIFFICULTY.name,
        "ground_truth_output": task.GROUND_TRUTH_OUTPUT,
        "ground_truth_calls": calls,
        "all_calls_execute": all(call["error"] is None for call in calls),
    }
    done = checked(suite, task, task.GROUND_TRUTH_OUTPUT, before, environment, calls, injection)
    if injection:
        record["official_check_security_true"] = done
    else:
        record["official_check_utility"] = done
        record["injection_vectors_seen_at_call"] = shown(suite, task, suite.get_injection_vector_defaults())
    kind = type(task)
    return record | {"class": f"{kind.__module__}.{kind.__name__}"}


def export(name):
    suite = get_suite(VERSION, name)
    users, goals = suite.user_tasks.values(), suite.injection_tasks.values()
    return {
        "suite": name,
        "benchmark_version": VERSION,
        "suite_task_version": list(suite.benchmark_version),
        "package": PACKAGE,
        "licence": LICENCE,
        "tools": [tool(function) for function in suite.tools],
        "user_tasks": [task(suite, user, False) for user in users],
        "injection_tasks": [task(suite, goal, True) for goal in goals],
        "pairs": [{"user_task": user.ID, "injection_task": goal.ID} for user in users for goal in goals],
        "injection_vector_defaults": suite.get_injection_vector_defaults(),
        "environment_default": suite.load_and_inject_default_environment({}).model_dump(mode="json"),
    }


def main():
    parser = argparse.ArgumentParser(description="writes AgentDojo suites as files that the replay reads")
    parser.add_argument("suites", nargs="+", help="banking, workspace, slack, travel")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."), help="folder to write to")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.suites:
        path = arguments.out / f"{name}.json"
        path.write_text(json.dumps(export(name), indent=1, ensure_ascii=False))
        print(path)


if __name__ == "__main__":
    main()
