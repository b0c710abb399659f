package main

func ekuiperCases(string, []byte) ([]testCase, error) { return nil, nil }
