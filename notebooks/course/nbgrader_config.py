# For nbgrader's own commands: what stands in a TypeScript notebook where the master has a solution.
c = get_config()  # noqa: F821
c.ClearSolutions.code_stub = {"typescript": "// YOUR CODE HERE\nthrow new Error('not answered yet');"}
