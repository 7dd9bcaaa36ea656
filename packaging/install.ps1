# Installs credential-idcs for the current user, with the names that git, docker and kubectl look for.
# Run it in the folder that the archive made:  powershell -ExecutionPolicy Bypass -File install.ps1
# For Windows PowerShell 5.1 and PowerShell 7. Never run: there is neither Windows nor PowerShell where the tests run.
[CmdletBinding(PositionalBinding = $false)]
param(
    [string]$Folder = (Join-Path $env:LOCALAPPDATA 'Programs\credential-idcs'),
    [switch]$Uninstall
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$program = 'credential-idcs.exe'
$names = 'git-credential-idcs', 'docker-credential-idcs', 'kubectl-idcs', 'bazel-credential-idcs',
    'cargo-credential-idcs', 'pnpm-token-idcs', 'terraform-credentials-idcs'

# PowerShell's folder isn't the process', which .NET takes a relative path from.
$Folder = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Folder).TrimEnd('\')

# A program that runs can be renamed, but neither replaced nor removed: the next run of this script removes it.
function Clear-Name([string]$File) {
    if (-not (Test-Path -LiteralPath $File)) { return }
    try { Remove-Item -LiteralPath $File -Force }
    catch { Move-Item -LiteralPath $File -Destination "$File.$([guid]::NewGuid().ToString('N')).old" }
}

if (Test-Path -LiteralPath $Folder) {
    foreach ($left in '*-idcs.exe.*.old', "new-$program") {
        Get-ChildItem -LiteralPath $Folder -Filter $left -File | Remove-Item -Force -ErrorAction SilentlyContinue
    }
}

if ($Uninstall) {
    foreach ($name in @($names | ForEach-Object { "$_.exe" }) + $program) {
        $file = Join-Path $Folder $name
        if (Test-Path -LiteralPath $file) {
            Clear-Name $file
            Write-Output "removed $file"
        }
    }
    Write-Output 'configuration and tokens stay; see docs/install.md'
    exit 0
}

$source = Join-Path $PSScriptRoot $program
if (-not (Test-Path -LiteralPath $source)) { throw "$program is not beside this script" }
New-Item -ItemType Directory -Force -Path $Folder | Out-Null
$installed = Join-Path $Folder $program
# Under another name first, so that a copy that ends half way replaces nothing.
$new = Join-Path $Folder "new-$program"
Copy-Item -LiteralPath $source -Destination $new -Force
Clear-Name $installed
Move-Item -LiteralPath $new -Destination $installed
foreach ($name in $names) {
    $link = Join-Path $Folder "$name.exe"
    Clear-Name $link
    # A hard link needs no rights, where a symbolic one does. Not every file system has them, nor every path:
    # PowerShell takes [ in a target for a pattern.
    try { New-Item -ItemType HardLink -Path $link -Target $installed | Out-Null }
    catch { Copy-Item -LiteralPath $installed -Destination $link }
}
Write-Output "installed credential-idcs into $Folder"

$path = @($env:Path, [Environment]::GetEnvironmentVariable('Path', 'User'), [Environment]::GetEnvironmentVariable('Path', 'Machine')) -join ';'
if (@($path -split ';' | ForEach-Object { $_.TrimEnd('\') }) -notcontains $Folder) {
    Write-Output "$Folder is not on PATH; git, docker and kubectl look there:"
    # It leaves the other folders as they are, such as %USERPROFILE%\bin. The second line is for programs started from
    # now on: whatever it sets, Windows tells the desktop.
    $value = "('$($Folder -replace "'", "''");' + (Get-Item HKCU:\Environment).GetValue('Path', '', 'DoNotExpandEnvironmentNames'))"
    Write-Output "`tSet-ItemProperty HKCU:\Environment Path -Type ExpandString -Value $value"
    Write-Output "`t[Environment]::SetEnvironmentVariable('CREDENTIAL_IDCS', [NullString]::Value, 'User')"
}
